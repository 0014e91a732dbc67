import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { LmdbItemStore } from '../../../src/items/store/lmdb-store.ts';
import { closeTestStore, openTestStore, putOf } from '../../support/items/stores.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

test('an item comes back as it was put, with an id and texts of any script', async () => {
  const store = await openTestStore(temporaryFolder());
  const items = [
    { id: 'plain', version: 1n, title: 'A title', text: 'Its text.' },
    { id: '東京 🙂', version: 2n ** 64n - 1n, title: undefined, text: 'é\u0000\n' },
  ];
  expect(await store.put(items)).toEqual(['stored', 'stored']);
  for (const item of items) {
    expect(store.get(item.id)).toMatchObject({ ...item, summary: undefined, failures: 0 });
  }
  expect(store.get('nobody')).toBeUndefined();
  expect(store.heads(['nobody', '', 'plain']).map((head) => head?.id)).toEqual([
    undefined,
    undefined,
    'plain',
  ]);
});

test('versions decide: what is older, the same, and the same with other texts', async () => {
  const store = await openTestStore(temporaryFolder());
  await store.put([putOf('a', 5)]);
  const outcomes = await store.put([
    putOf('a', 4, 'older'),
    putOf('a', 5),
    putOf('a', 5, 'other'),
    putOf('a', 6, 'newer'),
    putOf('a', 5),
  ]);
  expect(outcomes).toEqual(['older', 'unchanged', 'conflict', 'stored', 'older']);
  expect(store.get('a')).toMatchObject({ version: 6n, text: 'newer' });
});

test('a deleted item does not come back with an older put, but with a newer one', async () => {
  const folder = temporaryFolder();
  const store = await openTestStore(folder);
  await store.put([putOf('a', 5), putOf('b', 5)]);
  const deletes = [
    { id: 'a', version: 4n },
    { id: 'a', version: 5n },
    { id: 'b', version: undefined },
    { id: 'c', version: 9n },
    { id: 'd', version: undefined },
  ];
  expect(await store.delete(deletes)).toEqual([
    'older',
    'deleted',
    'deleted',
    'missing',
    'missing',
  ]);
  await closeTestStore(store);
  const again = await openTestStore(folder);
  expect(again.stats()).toMatchObject({ items: 0, tombstones: 3 });
  const puts = [putOf('a', 5), putOf('b', 5), putOf('c', 9), putOf('a', 6), putOf('d', 1)];
  expect(await again.put(puts)).toEqual(['older', 'older', 'older', 'stored', 'stored']);
  expect(again.stats()).toMatchObject({ items: 2, tombstones: 2 });
});

test('whatever the order and however often writes come, the same is stored in the end', async () => {
  const write = fc.record({
    id: fc.constantFrom('a', 'b', 'c'),
    version: fc.integer({ min: 1, max: 4 }),
    isDelete: fc.boolean(),
  });
  const orders = fc
    .array(write, { minLength: 1, maxLength: 12 })
    .chain((writes) =>
      fc.tuple(
        fc.constant(writes),
        fc.shuffledSubarray([...writes, ...writes], { minLength: writes.length * 2 }),
      ),
    );
  const store = await openTestStore(temporaryFolder());
  let run = 0;
  await fc.assert(
    fc.asyncProperty(orders, async ([writes, shuffled]) => {
      run += 1;
      const finalOf = async (name: string, order: typeof writes) => {
        for (const { id, version, isDelete } of order) {
          const key = `${run} ${name} ${id}`;
          await (isDelete
            ? store.delete([{ id: key, version: BigInt(version) }])
            : store.put([putOf(key, version, `${id} ${version}`)]));
        }
        return ['a', 'b', 'c'].map((id) => {
          const item = store.get(`${run} ${name} ${id}`);
          return item === undefined ? 'none' : `${item.version} ${item.text}`;
        });
      };
      const expected = ['a', 'b', 'c'].map((id) => {
        const own = writes.filter((each) => each.id === id);
        const highest = Math.max(0, ...own.map(({ version }) => version));
        const isGone = own.some(({ version, isDelete }) => isDelete && version === highest);
        return highest === 0 || isGone ? 'none' : `${highest} ${id} ${highest}`;
      });
      expect(await finalOf('given', writes)).toEqual(expected);
      expect(await finalOf('shuffled', shuffled)).toEqual(expected);
    }),
    { numRuns: 40 },
  );
});

test('many writes at once are decided one after the other', async () => {
  const store = await openTestStore(temporaryFolder());
  const outcomes = await Promise.all(
    Array.from({ length: 600 }, (_, i) => store.put([putOf('a', (i % 3) + 1), putOf(`b${i}`)])),
  );
  const ofA = outcomes.map(([outcome]) => outcome);
  expect(ofA.slice(0, 4)).toEqual(['stored', 'stored', 'stored', 'older']);
  expect(new Set(ofA.slice(4))).toEqual(new Set(['older', 'unchanged']));
  expect(store.stats()).toMatchObject({ items: 601 });
  expect(store.get('a')).toMatchObject({ version: 3n });
});

test('lists by id in pages', async () => {
  const store = await openTestStore(temporaryFolder());
  await store.put(['b', 'é', 'a', 'c', 'Z'].map((id) => putOf(id)));
  const idsOf = (page: Parameters<LmdbItemStore['list']>[0]) =>
    store.list(page).map(({ id }) => id);
  expect(idsOf({ limit: 3 })).toEqual(['Z', 'a', 'b']);
  expect(idsOf({ limit: 3, after: 'b' })).toEqual(['c', 'é']);
  expect(idsOf({ limit: 3, after: 'é' })).toEqual([]);
});

test('a closed store is not read and takes no writes, and ends those it has taken', async () => {
  const folder = temporaryFolder();
  const store = await openTestStore(folder);
  const put = store.put([putOf('a')]);
  await closeTestStore(store);
  expect(await put).toEqual(['stored']);
  await expect(store.put([putOf('b')])).rejects.toMatchObject({ kind: 'unavailable' });
  const reads = [() => store.heads(['a']), () => store.get('a'), () => store.stats()];
  for (const read of [...reads, () => store.list({ limit: 1 }), () => store.stale(1)]) {
    expect(read).toThrow('the item store is closed');
  }
});
