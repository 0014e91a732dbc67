import { expect, test } from '@jest/globals';
import { closeTestStore, openTestStore, putOf } from '../../support/items/stores.ts';
import { storeContract } from '../../support/items/store-contract.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

storeContract(() => openTestStore(temporaryFolder()));

test('what was deleted is remembered over a restart', async () => {
  const folder = temporaryFolder();
  const store = await openTestStore(folder);
  await store.put([putOf('a', 5)]);
  await store.delete([{ id: 'a', version: 5n }]);
  await closeTestStore(store);
  const again = await openTestStore(folder);
  expect(again.stats()).toMatchObject({ items: 0, tombstones: 1 });
  expect(await again.put([putOf('a', 5), putOf('a', 6)])).toEqual(['older', 'stored']);
});

test('ids of items and of deleted ones come in one order', async () => {
  const store = await openTestStore(temporaryFolder());
  await store.put(['a', 'c', 'é', 'd'].map((id) => putOf(id)));
  await store.delete(['b', 'd'].map((id) => ({ id, version: 1n })));
  expect(store.ids(undefined, 3)).toEqual(['a', 'b', 'c']);
  expect(store.ids('c', 3)).toEqual(['d', 'é']);
  expect(store.ids('é', 3)).toEqual([]);
  expect(['a', 'd', 'x', ''].map((id) => store.stored(id).kind)).toEqual([
    'item',
    'tombstone',
    'nothing',
    'nothing',
  ]);
});

test('records of others are merged, and no room is needed for deletes', async () => {
  const store = await openTestStore(temporaryFolder(), { maxBytes: 400_000 });
  const record = { ...putOf('a', 2), kind: 'item' } as const;
  expect(await store.merge([record, record])).toEqual(['taken', 'known']);
  const long = { ...putOf('b', 1, 'x'.repeat(200_000)), kind: 'item' } as const;
  await expect(store.merge([long, { ...long, id: 'c' }])).rejects.toMatchObject({
    reason: 'ITEMS_FULL',
  });
  const gone = { kind: 'tombstone', id: 'a', version: 2n } as const;
  expect(await store.merge([gone, gone])).toEqual(['taken', 'known']);
  expect(store.get('a')).toBeUndefined();
});

test('of a put without room nothing is stored, and the puts beside it are', async () => {
  const store = await openTestStore(temporaryFolder(), { maxBytes: 400_000 });
  const long = 'x'.repeat(60_000);
  const [first, full, last] = [
    store.put([putOf('a')]),
    store.put([putOf('b'), putOf('c', 1, long), putOf('d', 1, long)]),
    store.put([putOf('e')]),
  ];
  await expect(full).rejects.toMatchObject({ reason: 'ITEMS_FULL' });
  expect(await Promise.all([first, last])).toEqual([['stored'], ['stored']]);
  expect(store.list({ limit: 9 }).map(({ id }) => id)).toEqual(['a', 'e']);
  expect(store.stats().items).toBe(2);
});

test('a write that comes just as others end is not left behind', async () => {
  const store = await openTestStore(temporaryFolder());
  const deleteNothing = () => store.delete([{ id: 'x', version: undefined }]);
  for (let ticks = 0; ticks < 20; ticks += 1) {
    const first = deleteNothing();
    for (let tick = 0; tick < ticks; tick += 1) {
      await Promise.resolve();
    }
    expect(await Promise.all([first, deleteNothing()])).toEqual([['missing'], ['missing']]);
  }
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
