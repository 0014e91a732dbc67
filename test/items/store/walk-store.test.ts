import { expect, test } from '@jest/globals';
import { openRoot, openTables, type Tables } from '../../../src/items/store/tables.ts';
import { walkStore } from '../../../src/items/store/walk-store.ts';
import { closeTestStore, openTestStore, putOf } from '../../support/items/stores.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const key = Buffer.from('a');

test.each<[string, (tables: Tables) => Promise<unknown>, string | undefined]>([
  ['nothing', () => Promise.resolve(), undefined],
  ['a source', ({ sources }) => sources.remove(key), "1 of 2 entries of 'sources' can be read"],
  ['an item', ({ heads }) => heads.remove(key), "1 of 2 entries of 'heads' can be read"],
  ['the form of a head', ({ heads }) => heads.put(key, [] as never), 'undefined'],
])('finds a store that lacks %s', async (_what, damage, problem) => {
  const folder = temporaryFolder();
  const store = await openTestStore(folder);
  await store.put([putOf('a'), putOf('b')]);
  await store.delete([{ id: 'c', version: 1n }]);
  await closeTestStore(store);
  const tables = openTables(openRoot(folder, false));
  await damage(tables);
  await tables.root.close();
  expect(await walkStore(folder)).toEqual(
    problem === undefined
      ? { kind: 'whole' }
      : { kind: 'damaged', problem: expect.stringContaining(problem) },
  );
});
