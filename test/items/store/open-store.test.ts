import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { open } from 'lmdb';
import { messageOf } from '../../../src/base/errors.ts';
import { openItemStore, readItemStore } from '../../../src/items/store/open-store.ts';
import { closeTestStore, openTestStore, putOf } from '../../support/items/stores.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

async function refusalOf(folder: string): Promise<string> {
  return await openItemStore({ folder, maxBytes: 1e9 }).then(
    async (store) => {
      await store.close();
      return 'opened';
    },
    (error: unknown) => messageOf(error),
  );
}

test('a first start that was cut off before it wrote anything can be repeated', async () => {
  const folder = temporaryFolder();
  const begun = open<unknown, Buffer>({ path: folder, noSubdir: false, keyEncoding: 'binary' });
  begun.openDB({ name: 'heads' });
  await begun.close();
  await expect(readItemStore(folder)).rejects.toThrow('its first start was cut off');
  expect(await refusalOf(folder)).toBe('opened');
  writeFileSync(join(folder, 'data.mdb'), '');
  expect(await refusalOf(folder)).toBe('opened');
});

test('one process writes; others read beside it', async () => {
  const folder = temporaryFolder();
  const store = await openTestStore(folder);
  await store.put([putOf('a')]);
  expect(await refusalOf(folder)).toContain('another process writes to this item store');
  const reader = await readItemStore(folder);
  expect(reader.get('a')).toMatchObject({ text: 'text of a' });
  await reader.close();
  await closeTestStore(store);
  expect(await refusalOf(folder)).toBe('opened');
});

test('a folder that cannot be made or has no store says so', async () => {
  const folder = temporaryFolder({ file: '' });
  expect(await refusalOf(join(folder, 'file', 'inside'))).toContain('cannot be made');
  await expect(readItemStore(folder)).rejects.toThrow(`${folder}: there is no item store`);
});
