import { at } from './at.ts';

/**
 * The results of the items in their order. At most `most` are being worked on or wait for an
 * earlier one. Ends early, without waiting, when the signal is aborted.
 *
 * @throws the first error in the order of the items.
 */
export async function* mapInOrder<T, R>(
  items: Iterable<T> | AsyncIterable<T>,
  { most, signal }: { readonly most: number; readonly signal?: AbortSignal },
  work: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const running: Promise<R>[] = [];
  const take = async () => {
    const result = await at(running, 0);
    void running.shift();
    return result;
  };
  for await (const item of items) {
    if (signal?.aborted === true) {
      return;
    }
    const result = work(item);
    // It is awaited in its turn; until then its error must not count as unheard.
    void result.catch(() => undefined);
    running.push(result);
    if (running.length >= most) {
      yield await take();
    }
  }
  while (running.length > 0 && signal?.aborted !== true) {
    yield await take();
  }
}
