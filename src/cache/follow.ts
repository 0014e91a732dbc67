import type { Clock } from '../base/clock.ts';
import { createDeferred } from '../base/deferred.ts';
import type { Flight } from './flight.ts';
import type { ScoresByKey } from './score-cache.ts';
import type { ScoreCall } from './score-source.ts';

export interface Following {
  /**
   * The scores of the flights that have finished, once all have, the deadline has passed, the
   * caller has gone, or `end` was called. Never rejects.
   */
  readonly done: Promise<readonly ScoresByKey[]>;
  /** Stops waiting and leaves all flights. May be called again. */
  end(): void;
}

/** Waits for the runs of other requests, for as long as its own call allows. */
export function follow(
  flights: readonly Flight[],
  { deadlineAtMs, signal }: ScoreCall,
  clock: Clock,
): Following {
  if (flights.length === 0) {
    return { done: Promise.resolve([]), end: () => undefined };
  }
  const { promise: done, resolve } = createDeferred<readonly ScoresByKey[]>();
  const received: ScoresByKey[] = [];
  let isOver = false;
  const end = () => {
    if (!isOver) {
      isOver = true;
      cancelTimer();
      signal.removeEventListener('abort', end);
      flights.forEach((flight) => flight.leave());
      resolve(received);
    }
  };
  const cancelTimer = clock.at(deadlineAtMs, end);
  signal.addEventListener('abort', end);
  flights.forEach((flight) => flight.join());
  const arrivals = flights.map(async (flight) => received.push(await flight.scores));
  void Promise.all(arrivals).then(end);
  return { done, end };
}
