import { expect, test } from '@jest/globals';
import { mapInOrder } from '../../src/base/in-order.ts';

async function* count(to: number) {
  for (let i = 0; i < to; i++) {
    await Promise.resolve();
    yield i;
  }
}

async function collect<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const item of items) {
    all.push(item);
  }
  return all;
}

test('gives results in the order of the items, with bounded work', async () => {
  let [running, most] = [0, 0];
  const signal = new AbortController().signal;
  const results = mapInOrder(count(20), { most: 4, signal }, async (item) => {
    running += 1;
    most = Math.max(most, running);
    for (let turns = 0; turns < (item * 7) % 5; turns++) {
      await Promise.resolve();
    }
    running -= 1;
    return item;
  });
  expect(await collect(results)).toEqual(Array.from({ length: 20 }, (_, i) => i));
  expect(most).toBeGreaterThan(1);
  expect(most).toBeLessThanOrEqual(4);
});

test('throws the first error in the order of the items', async () => {
  const signal = new AbortController().signal;
  const results = mapInOrder(count(9), { most: 4, signal }, (item) =>
    item < 2 ? Promise.resolve(item) : Promise.reject(new Error(`item ${item}`)),
  );
  const seen: number[] = [];
  const read = async () => {
    for await (const item of results) {
      seen.push(item);
    }
  };
  await expect(read()).rejects.toThrow('item 2');
  expect(seen).toEqual([0, 1]);
});

test('takes no more items once the signal is aborted', async () => {
  const stop = new AbortController();
  let started = 0;
  const results = mapInOrder(count(100), { most: 3, signal: stop.signal }, (item) => {
    started += 1;
    if (item === 5) {
      stop.abort();
    }
    return Promise.resolve(item);
  });
  await collect(results);
  expect(started).toBe(6);
});
