import { outcomes } from '../../../src/domain/events.ts';
import type { Tally } from '../account/ends.ts';

// The server's own record of its requests: its log by request id, and its counters.

/** Collects the debug lines that the server logs when requests end. */
export class EndedLines {
  readonly #statuses = new Map<string, string[]>();

  /** Takes a line of the log; lines of another kind are ignored. */
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

/** Requests ended so far by outcome, from a Prometheus exposition; undefined if it has none. */
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

/** Totals over all replicas so far. */
export interface RunTotals {
  readonly busySeconds: number;
  readonly batches: number;
  readonly packedTokens: number;
  readonly candidates: number;
  /** Busy time of the main thread's event loop; 0 if the server does not count it. */
  readonly loopSeconds: number;
}

/** Undefined if the server does not count runs. */
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

/** A sample of an exposition by its name and labels as written; undefined if it is missing. */
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
