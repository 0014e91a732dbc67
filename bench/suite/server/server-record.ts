import { outcomes } from '../../../src/domain/events.ts';
import type { Tally } from '../account/ends.ts';

/** What the server itself says of the requests that it saw: its log by request id, its counters in total. */

/** Collects the debug line that the server writes at each request's end. */
export class EndedLines {
  readonly #statuses = new Map<string, string[]>();

  /** For each line of its log; ignores all others. */
  readonly read = (line: string): void => {
    if (line.startsWith('{') && line.includes('"request ended"') && line.includes('"Rank')) {
      const { requestId, status } = parseEnded(line);
      const known = this.#statuses.get(requestId);
      if (known === undefined) {
        this.#statuses.set(requestId, [status]);
      } else {
        known.push(status);
      }
    }
  };

  get ends(): ReadonlyMap<string, readonly string[]> {
    return this.#statuses;
  }

  clear(): void {
    this.#statuses.clear();
  }
}

function parseEnded(line: string): { requestId: string; status: string } {
  return JSON.parse(line) as { requestId: string; status: string };
}

/** Requests ended so far by outcome, from a Prometheus exposition; undefined when it does not count them. */
export function readCounters(exposition: string): Tally | undefined {
  const lines = exposition.split('\n').filter((line) => line.startsWith('slmrank_requests_total{'));
  if (lines.length === 0) {
    return undefined;
  }
  const totals = { scored: 0, partial: 0, rejected: 0, expired: 0, cancelled: 0, failed: 0 };
  for (const line of lines) {
    const outcome = outcomes.find((each) => line.includes(`outcome="${each}"`));
    if (outcome !== undefined) {
      totals[outcome] += Number(line.slice(line.lastIndexOf(' ')));
    }
  }
  return totals;
}

/** What replicas have run so far, all together. */
export interface RunTotals {
  readonly busySeconds: number;
  readonly batches: number;
  readonly packedTokens: number;
  readonly candidates: number;
  /** Time that the main thread's event loop was busy; 0 when it is not counted. */
  readonly loopSeconds: number;
}

/** Undefined when runs are not counted. */
export function readRuns(exposition: string): RunTotals | undefined {
  const lines = exposition.split('\n');
  const sum = (name: string) =>
    lines
      .filter((line) => line.startsWith(`${name}{`))
      .reduce((total, line) => total + Number(line.slice(line.lastIndexOf(' '))), 0);
  return lines.some((line) => line.startsWith('slmrank_replica_busy_seconds_total{'))
    ? {
        busySeconds: sum('slmrank_replica_busy_seconds_total'),
        batches: sum('slmrank_batches_total'),
        packedTokens: sum('slmrank_batch_packed_tokens_total'),
        candidates: sum('slmrank_batch_candidates_total'),
        loopSeconds: readSample(exposition, 'slmrank_event_loop_active_seconds_total') ?? 0,
      }
    : undefined;
}

/** One sample of an exposition by its name and labels as written; undefined when it is not there. */
export function readSample(exposition: string, series: string): number | undefined {
  const line = exposition.split('\n').find((each) => each.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
}

export async function fetchMetrics(address: string): Promise<string> {
  const reply = await fetch(`http://${address}/metrics`, { signal: AbortSignal.timeout(5000) });
  return reply.text();
}

export function subtract(after: Tally, before: Tally): Tally {
  const of = (name: keyof Tally) => after[name] - before[name];
  return {
    scored: of('scored'),
    partial: of('partial'),
    rejected: of('rejected'),
    expired: of('expired'),
    cancelled: of('cancelled'),
    failed: of('failed'),
  };
}
