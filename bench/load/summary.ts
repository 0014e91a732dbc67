import type { Call } from './ghz.ts';
import { at } from '../../src/base/at.ts';

export interface Quantiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

export interface LoadSummary {
  readonly requests: number;
  /** From the first request sent to the last answer. */
  readonly seconds: number;
  readonly statuses: Readonly<Record<string, number>>;
  /** Answers with OK per second; all of them are within the deadline. */
  readonly goodput: number;
  readonly candidatesPerSecond: number;
  /** Latency of the answers with OK; absent if there are none. */
  readonly latencyMs?: Quantiles;
  /** How late ghz sent its requests. If this is large, the numbers flatter the server. */
  readonly sendLagMs: Quantiles;
}

/** `calls` must not be empty. */
export function summarize(
  calls: readonly Call[],
  { rps, candidates }: { readonly rps: number; readonly candidates: number },
): LoadSummary {
  const starts = calls.map(({ startedAtMs }) => startedAtMs).sort((a, b) => a - b);
  const firstAtMs = at(starts, 0);
  const lastAtMs = calls.reduce((latest, { endedAtMs }) => Math.max(latest, endedAtMs), 0);
  const seconds = (lastAtMs - firstAtMs) / 1000;
  const answered = okLatencies(calls);
  const lags = starts.map((atMs, i) => Math.max(0, atMs - firstAtMs - (1000 * i) / rps));
  return {
    requests: calls.length,
    seconds,
    statuses: countStatuses(calls),
    goodput: answered.length / seconds,
    candidatesPerSecond: (answered.length * candidates) / seconds,
    ...(answered.length === 0 ? {} : { latencyMs: quantiles(answered) }),
    sendLagMs: quantiles(lags),
  };
}

export function okLatencies(calls: readonly Call[]): number[] {
  return calls
    .filter(({ status }) => status === 'OK')
    .map(({ startedAtMs, endedAtMs }) => endedAtMs - startedAtMs);
}

/** Quantiles of at least one value, by nearest rank. */
export function quantiles(values: readonly number[]): Quantiles {
  const sorted = [...values].sort((a, b) => a - b);
  const below = (share: number) => at(sorted, Math.max(0, Math.ceil(share * sorted.length) - 1));
  return { p50: below(0.5), p95: below(0.95), p99: below(0.99), max: below(1) };
}

function countStatuses(calls: readonly Call[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const { status } of calls) {
    counts.set(status, (counts.get(status) ?? 0) + 1);
  }
  return Object.fromEntries([...counts].sort(([a], [b]) => a.localeCompare(b)));
}
