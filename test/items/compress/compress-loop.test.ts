import { afterEach, expect, test } from '@jest/globals';
import { RankError } from '../../../src/base/errors.ts';
import { CompressLoop } from '../../../src/items/compress/compress-loop.ts';
import type { Compressor } from '../../../src/items/item/compressor.ts';
import type { LmdbItemStore } from '../../../src/items/store/lmdb-store.ts';
import { FakeClock } from '../../support/fakes/clock.ts';
import { firstWord, HeldCompressor } from '../../support/items/makers.ts';
import { closeTestStore, openTestStore, putOf } from '../../support/items/stores.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const loops: CompressLoop[] = [];
afterEach(async () => {
  await Promise.all(loops.splice(0).map((loop) => loop.close()));
});

function openLoop(
  store: LmdbItemStore,
  compressor: Compressor,
  {
    spare = () => true,
    clock = new FakeClock(),
    claim,
  }: {
    spare?: () => boolean;
    clock?: FakeClock;
    claim?: (id: string) => Promise<boolean>;
  } = {},
) {
  const faults: string[] = [];
  store.want({ summary: compressor, encoding: undefined, mostFailures: 2 });
  const loop = new CompressLoop({
    store,
    makers: () => ({ compressor, encoder: undefined }),
    spare,
    clock,
    mostRunning: 2,
    claim,
    onFault: (error, id) => faults.push(`${id} ${String(error)}`),
  });
  loops.push(loop);
  return { loop, faults, clock };
}

/** Waits for a condition that only work of this process brings about. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test('makes every stale item once, and sleeps then', async () => {
  const store = await openTestStore(temporaryFolder());
  const compressor = firstWord('search');
  const { loop } = openLoop(store, compressor);
  await store.put(['a', 'b', 'c', 'd', 'e'].map((id) => putOf(id)));
  loop.wake();
  // The count follows the write that ends staleness.
  await until(() => store.stats().stale === 0 && loop.made.get('search') === 5);
  expect(compressor.seen.sort()).toEqual(['a', 'b', 'c', 'd', 'e'].map((id) => `text of ${id}`));
  expect(loop.made).toEqual(new Map([['search', 5]]));
  expect(store.get('c')).toMatchObject({ summary: { text: 'text', method: 'search' } });
  await store.put([putOf('f')]);
  loop.wake();
  await until(() => store.stats().stale === 0);
  expect(compressor.seen).toHaveLength(6);
});

test('waits while requests need the capacity, and looks again', async () => {
  const store = await openTestStore(temporaryFolder());
  const compressor = firstWord('search');
  let isSpare = false;
  const { loop, clock } = openLoop(store, compressor, { spare: () => isSpare });
  await store.put([putOf('a')]);
  loop.wake();
  await until(() => clock.timers === 1);
  expect(compressor.seen).toEqual([]);
  isSpare = true;
  await clock.advance(25);
  await until(() => store.stats().stale === 0);
  expect(compressor.seen).toHaveLength(1);
});

test('runs so many at a time at most, and none twice', async () => {
  const store = await openTestStore(temporaryFolder());
  const compressor = new HeldCompressor();
  const { loop } = openLoop(store, compressor);
  await store.put(['a', 'b', 'c'].map((id) => putOf(id)));
  loop.wake();
  loop.wake();
  await until(() => compressor.waiting.length === 2);
  loop.wake();
  await store.put([putOf('d')]);
  expect(compressor.waiting).toHaveLength(2);
  compressor.waiting[0]?.();
  await until(() => compressor.waiting.length === 3);
  expect(store.stats().stale).toBe(3);
});

test('an item that fails does not hold up the others, and is parked at last', async () => {
  const store = await openTestStore(temporaryFolder());
  const compressor = firstWord('search');
  const { loop, faults } = openLoop(store, compressor);
  await store.put([putOf('a', 1, 'bad text'), putOf('b'), putOf('c')]);
  loop.wake();
  await until(() => store.stats().stale === 0);
  expect(store.stats()).toMatchObject({ parked: 1 });
  expect(loop.failures).toBe(2);
  expect(faults).toEqual(Array(2).fill('a Error: cannot be made short'));
  expect(store.get('a')).toMatchObject({ summary: undefined, failures: 2 });
  expect(store.get('c')).toMatchObject({ summary: { text: 'text' } });
});

test('a server without room is no fault of the item: it rests and tries again', async () => {
  const store = await openTestStore(temporaryFolder());
  let isFull = true;
  const real = firstWord('search');
  const compressor: Compressor = {
    ...real,
    compress: (source) =>
      isFull ? Promise.reject(new RankError('overloaded', 'full')) : real.compress(source),
  };
  const { loop, clock, faults } = openLoop(store, compressor);
  await store.put([putOf('a')]);
  loop.wake();
  await until(() => clock.timers === 1);
  expect(store.get('a')).toMatchObject({ failures: 0 });
  isFull = false;
  await clock.advance(5000);
  await until(() => store.stats().stale === 0);
  expect(faults).toEqual([]);
});

test('a store that takes nothing makes it rest', async () => {
  const store = await openTestStore(temporaryFolder());
  const { loop, clock, faults } = openLoop(
    Object.assign(store, {
      settle: () => Promise.reject(new RankError('overloaded', 'the store is full')),
    }),
    firstWord('search'),
  );
  await store.put([putOf('a')]);
  loop.wake();
  await until(() => clock.timers === 1);
  expect(faults).toEqual(['a RankError: the store is full']);
});

test('after a restart it goes on with what is left', async () => {
  const folder = temporaryFolder();
  const store = await openTestStore(folder);
  const held = new HeldCompressor();
  const { loop } = openLoop(store, held);
  await store.put(['a', 'b', 'c'].map((id) => putOf(id)));
  loop.wake();
  await until(() => held.waiting.length === 2);
  held.waiting[0]?.();
  await until(() => store.stats().stale === 2);
  await loop.close();
  await closeTestStore(store);
  const again = await openTestStore(folder);
  const compressor = { ...firstWord('held'), method: 'held' };
  openLoop(again, compressor).loop.wake();
  await until(() => again.stats().stale === 0);
  expect(compressor.seen).toHaveLength(2);
});

test('items that another server makes are left to it, and taken when it does not', async () => {
  const store = await openTestStore(temporaryFolder());
  const compressor = firstWord('search');
  const theirs = new Set(['a', 'b', 'd']);
  const { loop, clock } = openLoop(store, compressor, {
    claim: (id) => Promise.resolve(!theirs.has(id)),
  });
  await store.put(['a', 'b', 'c', 'd', 'e'].map((id) => putOf(id)));
  loop.wake();
  await until(() => loop.made.get('search') === 2 && clock.timers === 1);
  expect(compressor.seen.sort()).toEqual(['text of c', 'text of e']);
  theirs.delete('a');
  theirs.delete('b');
  await clock.advance(15_000);
  await until(() => loop.made.get('search') === 4);
  expect(store.stale(9)).toEqual(['d']);
});
