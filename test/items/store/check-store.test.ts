import { copyFileSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { open } from 'lmdb';
import { messageOf } from '../../../src/base/errors.ts';
import { checkStore } from '../../../src/items/store/check-store.ts';
import { readItemStore } from '../../../src/items/store/open-store.ts';
import { factsKey, format } from '../../../src/items/store/tables.ts';
import { closeTestStore, openTestStore, putOf } from '../../support/items/stores.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/** The data file of a store with 300 items. */
async function writeStore(folder = temporaryFolder()): Promise<string> {
  const store = await openTestStore(folder);
  await store.put(Array.from({ length: 300 }, (_, i) => putOf(`k${i}`, 1, 'x'.repeat(1500))));
  await closeTestStore(store);
  return join(folder, 'data.mdb');
}

async function refusalOf(folder: string): Promise<string> {
  return await checkStore(folder).then(
    () => 'sound',
    (error: unknown) => messageOf(error),
  );
}

test('damaged and foreign files refuse to open, with what to do', async () => {
  const whole = await writeStore();
  const size = statSync(whole).size;
  const damages: Readonly<Record<string, (file: string) => void>> = {
    'cut in half': (file) => truncateSync(file, size / 2),
    'cut to its head': (file) => truncateSync(file, 8192),
    'pages of noise': (file) => overwrite(file, 40 * 4096, 150 * 4096, 0xa5),
    'pages of zeros': (file) => overwrite(file, 4 * 4096, size - 4 * 4096, 0),
    'no LMDB file': (file) => writeFileSync(file, 'hello'),
  };
  for (const [name, damage] of Object.entries(damages)) {
    const folder = temporaryFolder();
    const file = join(folder, 'data.mdb');
    copyFileSync(whole, file);
    damage(file);
    expect([name, await refusalOf(folder)]).toEqual([
      name,
      expect.stringMatching(/data\.mdb is damaged or no item store: .*\. Move the folder away/),
    ]);
    await expect(readItemStore(folder)).rejects.toThrow('damaged');
  }
  const sound = temporaryFolder();
  copyFileSync(whole, join(sound, 'data.mdb'));
  expect(await refusalOf(sound)).toBe('sound');
}, 60_000);

test('an LMDB file of another program and another schema are told apart from damage', async () => {
  const foreign = temporaryFolder();
  const other = open<unknown, Buffer>({ path: foreign, noSubdir: false });
  await other.put(Buffer.from('theirs'), 1);
  await other.close();
  expect(await refusalOf(foreign)).toContain('no item store of slmrank. Name another folder');

  const newer = temporaryFolder();
  const later = open<unknown, Buffer>({ path: newer, noSubdir: false, keyEncoding: 'binary' });
  await later.put(factsKey, { format, schema: 99 });
  await later.close();
  expect(await refusalOf(newer)).toContain('has schema 99; this version reads 2');
});

function overwrite(file: string, from: number, bytes: number, value: number): void {
  const content = readFileSync(file);
  content.fill(value, from, from + bytes);
  writeFileSync(file, content);
}
