import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ItemStore } from '../../../src/items/store/item-store.ts';
import { putOf } from './stores.ts';

/** What every item store does, whatever it is made of. Each test opens an empty store. */
export function storeContract(open: () => Promise<ItemStore>): void {
  describe('an item store', () => {
    test('gives an item back as it was put, with an id and texts of any script', async () => {
      const store = await open();
      const items = [
        { id: 'plain', version: 1n, title: 'A title', text: 'Its text.' },
        { id: '東京 🙂', version: 2n ** 64n - 1n, title: undefined, text: 'é\u0000\n' },
      ];
      expect(await store.put(items)).toEqual(['stored', 'stored']);
      for (const item of items) {
        expect(await store.get(item.id)).toMatchObject({ ...item, summary: undefined });
      }
      expect(await store.get('nobody')).toBeUndefined();
      const heads = await store.heads(['nobody', '', 'plain']);
      expect(heads.map((head) => head?.id)).toEqual([undefined, undefined, 'plain']);
    });

    test('lets versions decide: older, the same, and the same with other texts', async () => {
      const store = await open();
      await store.put([putOf('a', 5)]);
      const outcomes = await store.put([
        putOf('a', 4, 'older'),
        putOf('a', 5),
        putOf('a', 5, 'other'),
        putOf('a', 6, 'newer'),
        putOf('a', 5),
      ]);
      expect(outcomes).toEqual(['older', 'unchanged', 'conflict', 'stored', 'older']);
      expect(await store.get('a')).toMatchObject({ version: 6n, text: 'newer' });
    });

    test('takes a deleted item with a newer put alone', async () => {
      const store = await open();
      await store.put([putOf('a', 5), putOf('b', 5)]);
      const deletes = [
        { id: 'a', version: 4n },
        { id: 'a', version: 5n },
        { id: 'b', version: undefined },
        { id: 'c', version: 9n },
        { id: 'd', version: undefined },
      ];
      const expected = ['older', 'deleted', 'deleted', 'missing', 'missing'];
      expect(await store.delete(deletes)).toEqual(expected);
      expect(await store.stats()).toMatchObject({ items: 0, tombstones: 3 });
      const puts = [putOf('a', 5), putOf('b', 5), putOf('c', 9), putOf('a', 6), putOf('d', 1)];
      expect(await store.put(puts)).toEqual(['older', 'older', 'older', 'stored', 'stored']);
      expect(await store.stats()).toMatchObject({ items: 2, tombstones: 2 });
    });

    test('stores the same in the end, whatever the order and number of the writes', async () => {
      const store = await open();
      let run = 0;
      await fc.assert(
        fc.asyncProperty(orders, async ([writes, shuffled]) => {
          run += 1;
          expect(await finalOf(store, `${run} given`, writes)).toEqual(expectedOf(writes));
          expect(await finalOf(store, `${run} shuffled`, shuffled)).toEqual(expectedOf(writes));
        }),
        { numRuns: 20 },
      );
    });

    test('decides many writes at once one after the other', async () => {
      const store = await open();
      const outcomes = await Promise.all(
        Array.from({ length: 600 }, (_, i) => store.put([putOf('a', (i % 3) + 1), putOf(`b${i}`)])),
      );
      const ofA = outcomes.map(([outcome]) => outcome);
      expect(ofA.slice(0, 4)).toEqual(['stored', 'stored', 'stored', 'older']);
      expect(new Set(ofA.slice(4))).toEqual(new Set(['older', 'unchanged']));
      expect(await store.stats()).toMatchObject({ items: 601 });
      expect(await store.get('a')).toMatchObject({ version: 3n });
    });

    test('lists by id in pages', async () => {
      const store = await open();
      await store.put(['b', 'é', 'a', 'c', 'Z'].map((id) => putOf(id)));
      const idsOf = async (page: Parameters<ItemStore['list']>[0]) =>
        (await store.list(page)).map(({ id }) => id);
      expect(await idsOf({ limit: 3 })).toEqual(['Z', 'a', 'b']);
      expect(await idsOf({ limit: 3, after: 'b' })).toEqual(['c', 'é']);
      expect(await idsOf({ limit: 3, after: 'é' })).toEqual([]);
    });
  });
}

interface Write {
  readonly id: string;
  readonly version: number;
  readonly isDelete: boolean;
}

const write: fc.Arbitrary<Write> = fc.record({
  id: fc.constantFrom('a', 'b', 'c'),
  version: fc.integer({ min: 1, max: 4 }),
  isDelete: fc.boolean(),
});

/** Writes, and the same writes twice in any order. */
const orders = fc
  .array(write, { minLength: 1, maxLength: 12 })
  .chain((writes) =>
    fc.tuple(
      fc.constant(writes),
      fc.shuffledSubarray([...writes, ...writes], { minLength: writes.length * 2 }),
    ),
  );

async function finalOf(
  store: ItemStore,
  name: string,
  writes: readonly Write[],
): Promise<readonly string[]> {
  for (const { id, version, isDelete } of writes) {
    const key = `${name} ${id}`;
    await (isDelete
      ? store.delete([{ id: key, version: BigInt(version) }])
      : store.put([putOf(key, version, `${id} ${version}`)]));
  }
  const items = await Promise.all(['a', 'b', 'c'].map(async (id) => store.get(`${name} ${id}`)));
  return items.map((item) => (item === undefined ? 'none' : `${item.version} ${item.text}`));
}

function expectedOf(writes: readonly Write[]): readonly string[] {
  return ['a', 'b', 'c'].map((id) => {
    const own = writes.filter((each) => each.id === id);
    const highest = Math.max(0, ...own.map(({ version }) => version));
    const isGone = own.some(({ version, isDelete }) => isDelete && version === highest);
    return highest === 0 || isGone ? 'none' : `${highest} ${id} ${highest}`;
  });
}
