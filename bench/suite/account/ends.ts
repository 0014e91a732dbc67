import type { Outcome } from '../../../src/domain/events.ts';
import { quantiles, type Quantiles } from '../../load/summary.ts';

/** A request as its client saw it. Moments count from the start of the scenario. */
export interface Sent {
  readonly id: string;
  readonly method: 'Rank' | 'RankStream';
  /** The scheduled sending time. */
  readonly dueAtMs: number;
  readonly sentAtMs: number;
  readonly endedAtMs: number;
  /** gRPC status by name, `OK` included. */
  readonly status: string;
  readonly outcome: Outcome;
  /** Time allowed for the request; undefined without a deadline. */
  readonly deadlineMs: number | undefined;
  readonly candidates: number;
  readonly scored: number;
  /** What the server says it took; undefined without an answer. */
  readonly serverMs?: number | undefined;
  /** How many times the request ended; anything but 1 is a bug. */
  readonly ends: number;
}

/** The outcome that a client sees, by gRPC status. In a stream, each message has a status. */
export function outcomeOf(status: string, isComplete: boolean): Outcome {
  switch (status) {
    case 'OK':
      return isComplete ? 'scored' : 'partial';
    case 'RESOURCE_EXHAUSTED':
    case 'UNAVAILABLE':
    case 'INVALID_ARGUMENT':
    case 'NOT_FOUND':
    case 'FAILED_PRECONDITION':
      return 'rejected';
    case 'DEADLINE_EXCEEDED':
      return 'expired';
    case 'CANCELLED':
      return 'cancelled';
    default:
      return 'failed';
  }
}

export type Tally = Readonly<Record<Outcome, number>>;

export function tally(ends: readonly { readonly outcome: Outcome }[]): Tally {
  const counts = { scored: 0, partial: 0, rejected: 0, expired: 0, cancelled: 0, failed: 0 };
  for (const { outcome } of ends) {
    counts[outcome] += 1;
  }
  return counts;
}

/** The results of a scenario. Latency counts from the scheduled sending time. */
export interface Summary {
  readonly sent: number;
  readonly seconds: number;
  readonly offeredPerSecond: number;
  readonly counts: Tally;
  /** Requests per second that were answered with scores within their deadline. */
  readonly goodputPerSecond: number;
  /** Candidates per second that were scored in those requests. */
  readonly candidatesPerSecond: number;
  /** Latency of requests answered with scores; undefined if there were none. */
  readonly latencyMs: Quantiles | undefined;
  /** Latency of rejections, which should be short; undefined if there were none. */
  readonly refusedMs: Quantiles | undefined;
  /** How late requests were sent. If this is large, the numbers describe the client. */
  readonly lagMs: Quantiles | undefined;
}

/** `deadlineMs` applies to requests without a deadline of their own. */
export function summarizeEnds(
  ends: readonly Sent[],
  { seconds, deadlineMs }: { readonly seconds: number; readonly deadlineMs: number },
): Summary {
  const good = ends.filter(isAnswered);
  const inTime = good.filter(
    (end) => end.endedAtMs - end.dueAtMs <= (end.deadlineMs ?? deadlineMs),
  );
  // The server still answers after the last arrival, so that time counts too.
  const lastAtMs = good.reduce((last, { endedAtMs }) => Math.max(last, endedAtMs), 0);
  const span = Math.max(seconds, lastAtMs / 1000);
  return {
    sent: ends.length,
    seconds: span,
    offeredPerSecond: ends.length / seconds,
    counts: tally(ends),
    goodputPerSecond: inTime.length / span,
    candidatesPerSecond: inTime.reduce((sum, { scored }) => sum + scored, 0) / span,
    latencyMs: quantilesOf(good.map(({ dueAtMs, endedAtMs }) => endedAtMs - dueAtMs)),
    refusedMs: quantilesOf(
      ends
        .filter(({ outcome }) => outcome === 'rejected')
        .map(({ sentAtMs, endedAtMs }) => endedAtMs - sentAtMs),
    ),
    lagMs: quantilesOf(ends.map(({ dueAtMs, sentAtMs }) => Math.max(0, sentAtMs - dueAtMs))),
  };
}

export function isAnswered({ outcome }: Pick<Sent, 'outcome'>): boolean {
  return outcome === 'scored' || outcome === 'partial';
}

export function quantilesOf(values: readonly number[]): Quantiles | undefined {
  return values.length === 0 ? undefined : quantiles(values);
}
