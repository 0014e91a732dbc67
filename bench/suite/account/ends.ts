import type { Outcome } from '../../../src/domain/events.ts';
import { quantiles, type Quantiles } from '../../load/summary.ts';

/** One request as its client saw it. Milliseconds from the start of the scenario. */
export interface Sent {
  readonly id: string;
  readonly method: 'Rank' | 'RankStream';
  /** The scheduled sending time. */
  readonly dueMs: number;
  readonly sentMs: number;
  readonly endedMs: number;
  /** gRPC status by name, `OK` included. */
  readonly status: string;
  readonly outcome: Outcome;
  /** Time allowed for the request; undefined without a deadline. */
  readonly deadlineMs: number | undefined;
  readonly candidates: number;
  readonly scored: number;
  /** How many times it ended; anything but 1 is a bug. */
  readonly ends: number;
}

/** How a client counts a status; a request of a stream is answered with a status in its message. */
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

/** What a scenario gave. Latency counts from the moment the schedule would have sent the request. */
export interface Summary {
  readonly sent: number;
  readonly seconds: number;
  readonly offeredPerSecond: number;
  readonly counts: Tally;
  /** Requests answered with scores within their deadline, and the candidates scored in them, per second. */
  readonly goodputPerSecond: number;
  readonly candidatesPerSecond: number;
  /** Of the requests answered with scores; undefined without any. */
  readonly latencyMs: Quantiles | undefined;
  /** Of the rejected requests; a rejection should be quick. */
  readonly refusedMs: Quantiles | undefined;
  /** How late requests were sent; when large, the numbers describe the client, not the server. */
  readonly lagMs: Quantiles | undefined;
}

/** `deadlineMs` is for requests that had none of their own. */
export function summarizeEnds(
  ends: readonly Sent[],
  { seconds, deadlineMs }: { readonly seconds: number; readonly deadlineMs: number },
): Summary {
  const good = ends.filter(isAnswered);
  const inTime = good.filter((one) => one.endedMs - one.dueMs <= (one.deadlineMs ?? deadlineMs));
  // The time after the last arrival counts too: the server was still answering.
  const lastMs = good.reduce((last, { endedMs }) => Math.max(last, endedMs), 0);
  const span = Math.max(seconds, lastMs / 1000);
  return {
    sent: ends.length,
    seconds: span,
    offeredPerSecond: ends.length / seconds,
    counts: tally(ends),
    goodputPerSecond: inTime.length / span,
    candidatesPerSecond: inTime.reduce((sum, { scored }) => sum + scored, 0) / span,
    latencyMs: quantilesOf(good.map(({ dueMs, endedMs }) => endedMs - dueMs)),
    refusedMs: quantilesOf(
      ends
        .filter(({ outcome }) => outcome === 'rejected')
        .map(({ sentMs, endedMs }) => endedMs - sentMs),
    ),
    lagMs: quantilesOf(ends.map(({ dueMs, sentMs }) => Math.max(0, sentMs - dueMs))),
  };
}

export function isAnswered({ outcome }: Pick<Sent, 'outcome'>): boolean {
  return outcome === 'scored' || outcome === 'partial';
}

export function quantilesOf(values: readonly number[]): Quantiles | undefined {
  return values.length === 0 ? undefined : quantiles(values);
}
