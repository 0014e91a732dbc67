import { expect, test } from '@jest/globals';
import { RankError } from '../../../src/base/errors.ts';
import { localStamp } from '../../../src/items/shared/local-records.ts';
import { Taker } from '../../../src/items/shared/take-records.ts';
import type { ItemRecord } from '../../../src/items/store/item-store.ts';
import { openTestStore, putOf } from '../../support/items/stores.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

async function openTaker(found: readonly ItemRecord[] | undefined) {
  const local = await openTestStore(temporaryFolder());
  const asked: (readonly string[])[] = [];
  const faults: unknown[] = [];
  let news = 0;
  const taker = new Taker({
    local,
    remote: {
      records: (ids) => {
        asked.push(ids);
        return Promise.resolve(found);
      },
    },
    wanted: () => undefined,
    onTaken: () => (news += 1),
    onFault: (error) => faults.push(error),
  });
  return { local, taker, asked, faults, news: () => news };
}

const recordOf = (id: string): ItemRecord => ({ ...putOf(id), kind: 'item' });

test('only what is news is read', async () => {
  const { local, taker, asked, news } = await openTaker([recordOf('b')]);
  await local.put([putOf('a'), putOf('b')]);
  const stamp = localStamp(local, 'a') ?? '';
  await local.delete([{ id: 'b', version: 0n }]);
  expect(await taker.take(new Map([['a', stamp]]))).toBe(0);
  expect(asked).toEqual([]);
  expect(
    await taker.take(
      new Map([
        ['a', stamp],
        ['c', stamp],
      ]),
    ),
  ).toBe(0);
  expect(asked).toEqual([['c']]);
  expect(news()).toBe(0);
});

test('what is taken is counted and told; no answer is told apart', async () => {
  const { local, taker, news } = await openTaker([recordOf('a'), recordOf('b')]);
  expect(await taker.fetch(['a', 'b'])).toBe(2);
  expect(await taker.fetch(['a', 'b'])).toBe(0);
  expect(await taker.fetch([])).toBe(0);
  expect(taker.taken).toBe(2);
  expect(news()).toBe(1);
  expect(local.get('b')).toMatchObject({ text: 'text of b' });
  const { taker: deaf } = await openTaker(undefined);
  expect(await deaf.fetch(['a'])).toBeUndefined();
});

test('a store without room takes what needs none, one by one', async () => {
  const gone: ItemRecord = { kind: 'tombstone', id: 'gone', version: 1n };
  const { local, taker, faults } = await openTaker([recordOf('a'), gone, recordOf('b')]);
  const full = new RankError('overloaded', 'full', { reason: 'ITEMS_FULL' });
  const merge = local.merge.bind(local);
  Object.assign(local, {
    merge: async (records: readonly ItemRecord[]) => {
      if (records.some(({ kind }) => kind === 'item')) {
        throw full;
      }
      return await merge(records);
    },
  });
  expect(await taker.fetch(['a', 'gone', 'b'])).toBe(1);
  expect(taker).toMatchObject({ taken: 1, refused: 2 });
  expect(faults).toEqual([full, full]);
  expect(local.stored('gone').kind).toBe('tombstone');
});
