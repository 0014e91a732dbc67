import { afterEach, expect, test } from '@jest/globals';
import type { ItemEncoder } from '../../src/items/compress/make-item.ts';
import { ItemKeeper, type KeeperParts } from '../../src/items/keeper.ts';
import { FakeClock } from '../support/fakes/clock.ts';
import { firstWord } from '../support/items/makers.ts';
import { openItemStore } from '../../src/items/store/open-store.ts';
import { putOf } from '../support/items/stores.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const keepers: ItemKeeper[] = [];
afterEach(async () => {
  await Promise.all(keepers.splice(0).map((keeper) => keeper.close()));
});

async function openKeeper(parts: Partial<KeeperParts> = {}) {
  const clock = new FakeClock();
  const store = await openItemStore({ folder: temporaryFolder(), maxBytes: 1e9, clock });
  const keeper = new ItemKeeper({ store, clock, spare: () => true, ...parts });
  keepers.push(keeper);
  return { keeper, store, clock };
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function encodeWith(keeper: ItemKeeper, encoder: ItemEncoder): void {
  const { compressor, fallback } = keeper;
  keeper.makeWith({ compressor, fallback, encoder });
}

test('the fallback makes a first summary at once, and the compressor the real one later', async () => {
  let isSpare = false;
  const fallback = firstWord('fallback');
  const { keeper, store, clock } = await openKeeper({
    fallback,
    compressor: firstWord('search'),
    spare: () => isSpare,
  });
  await keeper.put([putOf('a')]);
  expect(store.get('a')).toMatchObject({ summary: { method: 'fallback', text: 'text' } });
  expect(await keeper.state()).toMatchObject({ items: 1, stale: 1 });
  await clock.advance(3000);
  expect(await keeper.state()).toMatchObject({ lagMs: 3000 });
  isSpare = true;
  await clock.advance(25);
  await until(() => store.stats().stale === 0);
  expect(store.get('a')).toMatchObject({ summary: { method: 'search' } });
  expect(await keeper.state()).toMatchObject({
    lagMs: 0,
    compressed: new Map([
      ['fallback', 1],
      ['search', 1],
    ]),
  });
});

test('the fallback sees new content alone', async () => {
  const fallback = firstWord('fallback');
  const { keeper } = await openKeeper({ fallback });
  await keeper.put([putOf('a', 2, 'first text')]);
  await keeper.put([
    putOf('a', 2, 'first text'),
    putOf('a', 3, 'first text'),
    putOf('a', 1, 'older text'),
  ]);
  await keeper.put([putOf('a', 4, 'other text')]);
  expect(fallback.seen).toEqual(['first text', 'other text']);
});

test('an item that the fallback cannot make short is stored without a summary', async () => {
  const faults: string[] = [];
  const { keeper, store } = await openKeeper({
    fallback: firstWord('fallback'),
    spare: () => false,
    onFault: (_error, id) => faults.push(id),
  });
  expect(await keeper.put([putOf('a', 1, 'bad text'), putOf('b')])).toEqual(['stored', 'stored']);
  expect(store.get('a')).toMatchObject({ summary: undefined, text: 'bad text' });
  expect(faults).toEqual(['a']);
  expect(await keeper.state()).toMatchObject({ failed: 1, stale: 1 });
});

test('another encoder makes the token ids anew', async () => {
  const { keeper, store } = await openKeeper();
  await keeper.put([putOf('a')]);
  expect(store.stats().stale).toBe(0);
  const encoderOf = (encoding: string, id: number) => ({
    encoding,
    encode: () => Promise.resolve(Int32Array.of(id)),
  });
  encodeWith(keeper, encoderOf('one', 1));
  await until(() => store.stats().stale === 0);
  expect(store.get('a')).toMatchObject({ encoded: { encoding: 'one', ids: Int32Array.of(1) } });
  encodeWith(keeper, encoderOf('other', 2));
  await until(() => store.get('a')?.encoded?.encoding === 'other');
  expect(store.get('a')).toMatchObject({ encoded: { ids: Int32Array.of(2) } });
});

test('ids that are looked up and not stored are counted', async () => {
  const { keeper } = await openKeeper();
  await keeper.put([putOf('a')]);
  const heads = await keeper.lookUp(['a', 'b', 'c']);
  expect(heads.map((head) => head?.id)).toEqual(['a', undefined, undefined]);
  expect(await keeper.state()).toMatchObject({ missed: 2 });
});

test('other makers make everything anew, and what there is stays until then', async () => {
  let isSpare = true;
  const { keeper, store } = await openKeeper({
    compressor: firstWord('search', '1'),
    spare: () => isSpare,
  });
  await keeper.put([putOf('a')]);
  await until(() => store.stats().stale === 0);
  isSpare = false;
  const next = firstWord('search', '2');
  const ids = Int32Array.of(4, 5);
  const encoder = { encoding: 'new', encode: () => Promise.reject(new Error('not asked')) };
  keeper.makeWith({
    encoder,
    fallback: undefined,
    compressor: {
      ...next,
      compress: async (source) => ({
        ...(await next.compress(source)),
        encoded: { encoding: 'new', ids },
      }),
    },
  });
  expect(keeper.compressor?.version).toBe('2');
  expect(store.stats().stale).toBe(1);
  expect(store.get('a')).toMatchObject({ summary: { version: '1' } });
  isSpare = true;
  encodeWith(keeper, encoder);
  await until(() => store.stats().stale === 0);
  expect(store.get('a')).toMatchObject({
    summary: { version: '2' },
    encoded: { encoding: 'new', ids },
  });
});

test('a first summary comes with its token ids where the fallback makes them', async () => {
  const fallback = firstWord('phrases');
  const { keeper, store } = await openKeeper({
    spare: () => false,
    fallback: {
      ...fallback,
      compress: async (source) => ({
        ...(await fallback.compress(source)),
        encoded: { encoding: 'e', ids: Int32Array.of(3) },
      }),
    },
  });
  await keeper.put([{ ...putOf('a'), title: 'A title' }]);
  const [head] = store.heads(['a']);
  expect(head).toMatchObject({ title: 'A title', summary: { method: 'phrases' } });
  expect(head?.encoded).toEqual({ encoding: 'e', ids: Int32Array.of(3) });
});

test('ids that are not stored are asked of other servers, whose news wakes the loop', async () => {
  const asked: (readonly string[])[] = [];
  let wake: () => void = () => undefined;
  let take: (ids: readonly string[]) => Promise<unknown> = () => Promise.resolve();
  const { keeper, store } = await openKeeper({
    compressor: firstWord('search'),
    fleet: {
      fetch: async (ids) => {
        asked.push(ids);
        await take(ids);
      },
      claim: () => Promise.resolve(true),
      onNews: (callback) => (wake = callback),
    },
  });
  take = async ([id = '']) => await store.merge([{ ...putOf(id), kind: 'item' }]);
  await keeper.put([putOf('a')]);
  await until(() => store.stats().stale === 0);
  const heads = await keeper.lookUp(['a', 'b', 'c']);
  expect(heads.map((head) => head?.id)).toEqual(['a', 'b', undefined]);
  expect(asked).toEqual([['b', 'c']]);
  expect(await keeper.state()).toMatchObject({ missed: 1, stale: 1 });
  wake();
  await until(() => store.stats().stale === 0);
  await keeper.lookUp(['a', 'b']);
  expect(asked).toHaveLength(1);
});
