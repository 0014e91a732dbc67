import { expect, test } from '@jest/globals';
import { applyDelete, applyPut } from '../../../src/items/store/apply-write.ts';
import { Draft, readStored } from '../../../src/items/store/draft.ts';
import { openRoot, openTables, statsOf } from '../../../src/items/store/tables.ts';
import { walkStore } from '../../../src/items/store/walk-store.ts';
import { putOf } from '../../support/items/stores.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

test('a draft reads its own changes, which are written together or not at all', async () => {
  const folder = temporaryFolder();
  const tables = openTables(openRoot(folder, false));
  const draft = new Draft(tables);
  const put = (id: string, version: number) =>
    draft.apply(id, applyPut(draft.read(id), putOf(id, version, `text ${version}`), 5));
  const before = draft.bytes;
  expect([put('a', 1), put('a', 2), put('a', 1), put('b', 1)]).toEqual([
    'stored',
    'stored',
    'older',
    'stored',
  ]);
  expect(draft.bytes).toBeGreaterThan(before);
  expect(draft.apply('b', applyDelete(draft.read('b'), { id: 'b', version: 1n }))).toBe('deleted');
  expect(readStored(tables, 'a')).toEqual({ kind: 'nothing' });
  await draft.commit();
  expect(readStored(tables, 'a')).toMatchObject({ kind: 'item', head: { version: 2n } });
  expect(readStored(tables, 'b')).toEqual({ kind: 'tombstone', version: 1n });
  expect(tables.sources.get(Buffer.from('a'))).toEqual(['text 2']);
  expect(statsOf(tables.sources).entryCount).toBe(1);
  expect([...tables.counts.getRange({})].map(({ value }) => value)).toEqual([1]);

  const emptied = new Draft(tables);
  emptied.apply('a', applyDelete(emptied.read('a'), { id: 'a', version: undefined }));
  await emptied.commit();
  for (const table of [tables.heads, tables.sources, tables.index, tables.counts]) {
    expect(statsOf(table).entryCount).toBe(0);
  }
  await tables.root.put(Buffer.from('facts'), { format: 'slmrank items', schema: 2 });
  await tables.root.close();
  expect(await walkStore(folder)).toEqual({ kind: 'whole' });
});
