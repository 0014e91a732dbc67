import { type Bench, runPoisson } from './poisson.ts';
import type { ScenarioResult } from './run-scenario.ts';

const probes = 5;
/** Of capacity: where the search begins. */
const bounds = { least: 0.3, most: 1.1 };

/** Halves the range in which the highest rate lies that meets the objective, with a probe at each step. */
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

/** The greatest value for which `holds`, within (most - least) / 2^steps; `least` when none was found. */
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

/** 99 of 100 requests sent were answered with scores within the objective: a refusal counts as not answered. */
export function meets({ summary }: Pick<ScenarioResult, 'summary'>, sloMs: number): boolean {
  const { sent, counts, latencyMs } = summary;
  const answered = counts.scored + counts.partial;
  return sent > 0 && answered >= 0.99 * sent && (latencyMs?.p99 ?? Infinity) <= sloMs;
}

/** Of the probes that met it, the one with the highest rate. */
export function highestRate(results: readonly ScenarioResult[], sloMs: number): number | undefined {
  const rates = results
    .filter((result) => result.name.startsWith('search-') && meets(result, sloMs))
    .map(({ summary }) => summary.offeredPerSecond);
  return rates.length === 0 ? undefined : Math.max(...rates);
}
