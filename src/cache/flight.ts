import { createDeferred } from '../base/deferred.ts';
import type { PriorityClass } from '../domain/events.ts';
import type { ScoresByKey } from './score-cache.ts';

/** Determines whether a request may wait for another request's run; see `canFollow`. */
export interface Urgency {
  /** In the clock's milliseconds. */
  readonly deadlineAtMs: number;
  readonly priority: PriorityClass;
}

/**
 * A run that is under way: started for one request and shared by all requests that want its scores.
 * It goes on while at least one of them is interested, whoever started it; `signal` aborts when the
 * last one leaves.
 */
export class Flight {
  readonly urgency: Urgency;
  readonly #scores = createDeferred<ScoresByKey>();
  readonly #stop = new AbortController();
  /** The request that starts the run is interested from the beginning. */
  #interested = 1;

  constructor(urgency: Urgency) {
    this.urgency = urgency;
  }

  /** Empty if the run failed; without the scores that the deadline cut off. Never rejects. */
  get scores(): Promise<ScoresByKey> {
    return this.#scores.promise;
  }

  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  finish(scores: ScoresByKey): void {
    this.#scores.resolve(scores);
  }

  join(): void {
    this.#interested += 1;
  }

  leave(): void {
    this.#interested -= 1;
    if (this.#interested === 0) {
      this.#stop.abort();
    }
  }
}

/** A request waits only for runs that have at most this many times its own remaining time. */
const maxDeadlineRatio = 2;

/**
 * Whether a request does as well by waiting for a run as by running the pairs itself. It does not
 * wait for a run of a less urgent class, which may starve, nor for one with a far later deadline,
 * which the scheduler would let it overtake.
 */
export function canFollow(flight: Flight, own: Urgency, nowMs: number): boolean {
  const isLessUrgent = flight.urgency.priority === 'deferrable' && own.priority === 'interactive';
  const remainingMs = flight.urgency.deadlineAtMs - nowMs;
  const longestMs = maxDeadlineRatio * (own.deadlineAtMs - nowMs);
  return !flight.signal.aborted && !isLessUrgent && remainingMs <= longestMs;
}
