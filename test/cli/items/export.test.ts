import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import { run as runExport } from '../../../src/cli/items/export.ts';
import { run as runGet } from '../../../src/cli/items/get.ts';
import { run as runImport } from '../../../src/cli/items/import.ts';
import { itemLine, linesFile, summaryLine } from '../../support/items/lines.ts';
import { captureOutput } from '../../support/captured-output.ts';
import { closeTestStore, openTestStore } from '../../support/items/stores.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const output = captureOutput();

/** Runs a command; returns what it has said. */
async function say(command: (args: readonly string[]) => Promise<number>, ...args: string[]) {
  output.stdout = '';
  output.stderr = '';
  expect(await command(args)).toBe(0);
  return output.stdout + output.stderr;
}

test('an export is imported into the same store', async () => {
  const folder = temporaryFolder();
  const [first, second] = [join(folder, 'first'), join(folder, 'second')];
  const many = Array.from({ length: 700 }, (_, n) => itemLine(n));
  await say(runImport, '--store', first, linesFile([...many, { ...itemLine(1), version: 9 }]));
  await say(runImport, '--store', first, linesFile([summaryLine(5)]));
  const file = join(folder, 'export.jsonl.gz');
  await say(runExport, '--store', first, '--out', file);
  expect(await say(runImport, '--store', second, file)).toContain(
    '700 stored\n1 summaries added\n',
  );
  const again = join(folder, 'again.jsonl');
  await say(runExport, '--store', second, '--out', again);
  expect(readFileSync(again, 'utf8')).toBe(gunzipSync(readFileSync(file)).toString());
});

test('an export goes on while a server has the store open; an import does not', async () => {
  const folder = temporaryFolder();
  const store = await openTestStore(folder);
  await store.put([{ id: 'a', version: 1n, title: undefined, text: 'x' }]);
  expect(await say(runGet, '--store', folder, 'a')).toContain('"_id":"a"');
  await expect(runImport(['--store', folder, linesFile([itemLine(1)])])).rejects.toThrow(
    'another process writes to this item store',
  );
  await closeTestStore(store);
});
