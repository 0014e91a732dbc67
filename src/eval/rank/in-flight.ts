import { RankError } from '../../base/errors.ts';

export interface InFlight {
  /** Items worked on at once. */
  readonly lanes: number;
  /** Aborted to stop early; what is under way is finished. */
  readonly signal: AbortSignal;
}

/**
 * Works through the items, a few at a time, until all are done, one fails, or the caller stops it. Items are taken one by
 * one, so that a generator makes no more of them than are being worked on. `stop` is aborted when another item fails.
 *
 * @throws RankError of the first item that fails, when the others in flight have ended.
 */
export async function forEachInFlight<T>(
  items: Iterable<T>,
  { lanes, signal }: InFlight,
  work: (item: T, stop: AbortSignal, lane: number) => Promise<void>,
): Promise<void> {
  const failed = new AbortController();
  const stop = AbortSignal.any([signal, failed.signal]);
  // One iterator for all lanes: each takes the next item that no other has taken.
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
