import { RankError } from '../../base/errors.ts';

export interface InFlight {
  /** Items in progress at once. */
  readonly lanes: number;
  /** Abort it to stop early; items in progress are finished. */
  readonly signal: AbortSignal;
}

/**
 * Processes the items, a few at a time, until all are done, one fails, or the signal is aborted.
 * Each item is taken only when a lane is free, so that a generator does not run ahead. `stop` is
 * aborted when another item fails or the caller aborts.
 *
 * @throws RankError of the first item that fails, after the other items in progress have ended.
 */
export async function forEachInFlight<T>(
  items: Iterable<T>,
  { lanes, signal }: InFlight,
  work: (item: T, stop: AbortSignal, lane: number) => Promise<void>,
): Promise<void> {
  const failed = new AbortController();
  const stop = AbortSignal.any([signal, failed.signal]);
  // All lanes share one iterator.
  const queue = items[Symbol.iterator]();
  const runLane = async (lane: number) => {
    for (let next = take(queue, stop); next !== undefined; next = take(queue, stop)) {
      await work(next.value, stop, lane);
    }
  };
  await Promise.all(
    Array.from({ length: lanes }, (_, lane) =>
      runLane(lane).catch((error: unknown) => {
        if (!stop.aborted) {
          failed.abort(error);
        }
      }),
    ),
  );
  if (failed.signal.aborted) {
    throw RankError.from(failed.signal.reason);
  }
}

function take<T>(queue: Iterator<T>, stop: AbortSignal): { readonly value: T } | undefined {
  const next = stop.aborted ? undefined : queue.next();
  return next === undefined || next.done === true ? undefined : { value: next.value };
}
