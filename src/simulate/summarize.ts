import { at } from '../base/at.ts';
import type { Outcome } from '../domain/events.ts';
import type { BatchEvent, Ending } from './server/simulated-server.ts';

export interface SimulationReport {
  /** The time until the last request ended. */
  readonly wallMs: number;
  readonly requests: number;
  readonly outcomes: Readonly<Partial<Record<Outcome, number>>>;
  /** How many requests were not scored for each reason. */
  readonly reasons: Readonly<Record<string, number>>;
  /** Latency of the scored requests. */
  readonly latencyMs: Latency;
  /** Candidates scored before their deadline, per second. */
  readonly goodput: number;
  readonly busyShare: readonly BusyShare[];
  /** The busy time of the busiest replica divided by that of the least busy one. */
  readonly busySpread: number;
  /** Share of attention-tile slots that are padding. */
  readonly waste: number;
  readonly batches: number;
  readonly tokensPerBatch: number;
  /** Mean of |run - predicted| / run. */
  readonly predictionError: number;
}

export interface Latency {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

export interface BusyShare {
  readonly server: number;
  readonly replica: string;
  readonly share: number;
}

/** What a server has done. */
export interface Served {
  readonly replicas: readonly { readonly name: string; readonly busyMs: number }[];
  readonly batches: readonly BatchEvent[];
}

export function summarize(
  endings: readonly Ending[],
  servers: readonly Served[],
  wallMs: number,
): SimulationReport {
  const scored = endings.filter(({ outcome }) => outcome === 'scored');
  const busy = servers.flatMap(({ replicas }, server) =>
    replicas.map(({ name, busyMs }) => ({ server, replica: name, share: busyMs / wallMs })),
  );
  const shares = busy.map(({ share }) => share);
  const batches = servers.flatMap((server) => server.batches);
  const sum = (pick: (batch: (typeof batches)[number]) => number) =>
    batches.reduce((total, batch) => total + pick(batch), 0);
  const inTime = sumScored(endings, ({ arrival, latencyMs }) => isInTime(arrival, latencyMs));
  return {
    wallMs,
    requests: endings.length,
    outcomes: countBy(endings, ({ outcome }) => outcome),
    reasons: countBy(endings, ({ reason }) => reason),
    latencyMs: latencyOf(scored),
    goodput: (1_000 * inTime) / wallMs,
    busyShare: busy,
    busySpread: Math.max(...shares) / Math.min(...shares),
    waste: 1 - sum(({ realSlots }) => realSlots) / sum(({ paddedSlots }) => paddedSlots),
    batches: batches.length,
    tokensPerBatch: sum(({ packedTokens }) => packedTokens) / batches.length,
    predictionError:
      sum(({ runMs, predictedMs }) => Math.abs(runMs - predictedMs) / runMs) / batches.length,
  };
}

/** NaN without endings. */
export function latencyOf(endings: readonly Ending[]): Latency {
  const sorted = endings.map(({ latencyMs }) => latencyMs).sort((a, b) => a - b);
  const percentile = (share: number) =>
    sorted.length === 0
      ? Number.NaN
      : at(sorted, Math.min(sorted.length - 1, Math.floor(share * sorted.length)));
  return { p50: percentile(0.5), p95: percentile(0.95), p99: percentile(0.99) };
}

function isInTime({ deadlineMs }: Ending['arrival'], latencyMs: number): boolean {
  return latencyMs <= (deadlineMs ?? Number.POSITIVE_INFINITY);
}

function sumScored(endings: readonly Ending[], counts: (ending: Ending) => boolean): number {
  return endings.reduce((sum, ending) => sum + (counts(ending) ? ending.scored : 0), 0);
}

function countBy<Key extends string>(
  endings: readonly Ending[],
  keyOf: (ending: Ending) => Key | undefined,
): Record<Key, number> {
  const counts: Partial<Record<Key, number>> = {};
  for (const ending of endings) {
    const key = keyOf(ending);
    if (key !== undefined) {
      const { [key]: count = 0 } = counts;
      counts[key] = count + 1;
    }
  }
  return counts as Record<Key, number>;
}
