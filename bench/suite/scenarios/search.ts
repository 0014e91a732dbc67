import { type Bench, runPoisson } from './poisson.ts';
import type { ScenarioResult } from './run-scenario.ts';

const probes = 5;
/** Bounds of the search, as shares of capacity. */
const bounds = { least: 0.3, most: 1.1 };

/** Searches for the highest rate that meets the objective, by bisection with a scenario a step. */
export async function searchRate(bench: Bench): Promise<readonly ScenarioResult[]> {
  const results: ScenarioResult[] = [];
  const seconds = Math.max(4, bench.options.seconds / 2);
  await bisect(bounds, probes, async (share) => {
    const result = await runPoisson(bench, {
      name: `search-${share.toFixed(3)}`,
      note: `${share.toFixed(3)} of capacity: is p99 at most ${bench.options.sloMs} ms?`,
      stretches: [{ seconds, perSecond: share * bench.capacity }],
    });
    results.push(result);
    return meets(result, bench.options.sloMs);
  });
  return results;
}

/** The greatest value for which `holds` is true, to (most - least) / 2^steps; or else `least`. */
export async function bisect(
  { least, most }: { readonly least: number; readonly most: number },
  steps: number,
  holds: (value: number) => Promise<boolean>,
): Promise<number> {
  let [low, high] = [least, most];
  for (let step = 0; step < steps; step++) {
    const middle = (low + high) / 2;
    if (await holds(middle)) {
      low = middle;
    } else {
      high = middle;
    }
  }
  return low;
}

/** Whether 99 % of the requests were answered with scores, with a p99 within the objective. */
export function meets({ summary }: Pick<ScenarioResult, 'summary'>, sloMs: number): boolean {
  const { sent, counts, latencyMs } = summary;
  const answered = counts.scored + counts.partial;
  return sent > 0 && answered >= 0.99 * sent && (latencyMs?.p99 ?? Infinity) <= sloMs;
}

/** The highest rate of a search step that met the objective; undefined if none did. */
export function highestRate(results: readonly ScenarioResult[], sloMs: number): number | undefined {
  const rates = results
    .filter((result) => result.name.startsWith('search-') && meets(result, sloMs))
    .map(({ summary }) => summary.offeredPerSecond);
  return rates.length === 0 ? undefined : Math.max(...rates);
}
