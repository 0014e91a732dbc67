import type { Clock } from '../base/clock.ts';
import { createDeferred } from '../base/deferred.ts';
import type { Flight, Landed } from './flight.ts';

export interface Following {
  /** When all have landed, the deadline has passed, the caller has gone, or `end` was called. Never rejects. */
  readonly done: Promise<readonly Landed[]>;
  /** Waits no longer and gives up all interest; again does nothing. */
  end(): void;
}

interface Patience {
  readonly deadlineAtMs: number;
  readonly signal: AbortSignal;
}

/** Waits for other requests' runs, as long as its own call allows. */
export function follow(
  flights: readonly Flight[],
  { deadlineAtMs, signal }: Patience,
  clock: Clock,
): Following {
  if (flights.length === 0) {
    return { done: Promise.resolve([]), end: () => undefined };
  }
  const { promise: done, resolve } = createDeferred<readonly Landed[]>();
  const landed: Landed[] = [];
  let isOver = false;
  const end = () => {
    if (!isOver) {
      isOver = true;
      callOff();
      signal.removeEventListener('abort', end);
      flights.forEach((flight) => flight.leave());
      resolve(landed);
    }
  };
  const callOff = clock.at(deadlineAtMs, end);
  signal.addEventListener('abort', end);
  flights.forEach((flight) => flight.join());
  const landings = flights.map(async (flight) => landed.push(await flight.landed));
  void Promise.all(landings).then(end);
  return { done, end };
}
