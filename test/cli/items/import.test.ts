import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { run as runExport } from '../../../src/cli/items/export.ts';
import { run as runGet } from '../../../src/cli/items/get.ts';
import { run as runImport } from '../../../src/cli/items/import.ts';
import { describeProgress, run as runStat } from '../../../src/cli/items/stat.ts';
import { captureOutput } from '../../support/captured-output.ts';
import { itemLine, linesFile, summaryLine } from '../../support/items/lines.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const output = captureOutput();

/** Runs a command; returns what it has said. */
async function say(command: (args: readonly string[]) => Promise<number>, ...args: string[]) {
  output.stdout = '';
  output.stderr = '';
  expect(await command(args)).toBe(0);
  return output.stdout + output.stderr;
}

test('a corpus is imported, and again without a change', async () => {
  const store = join(temporaryFolder(), 'store');
  const file = linesFile(
    Array.from({ length: 1203 }, (_, n) => itemLine(n)),
    'corpus.jsonl.gz',
  );
  expect(await say(runImport, '--store', store, file)).toContain('1203 stored\n');
  expect(await say(runImport, '--store', store, file)).toContain('1203 stored already\n');
  const newer = linesFile([
    { ...itemLine(1), text: 'Other.' },
    { ...itemLine(2), text: 'Other.' },
  ]);
  expect(await say(runImport, '--store', store, newer)).toContain(
    '2 of a stored version with other texts, left out\n',
  );
  expect(await say(runImport, `--store=${store}`, newer, '--version=2')).toContain('2 stored\n');
  const told = await say(runImport, '--store', store, file);
  expect(told).toContain('1201 stored already\n2 older than what is stored or was deleted\n');
});

test("summaries that 'slmrank compress' has made are added where they fit", async () => {
  const store = join(temporaryFolder(), 'store');
  await say(runImport, '--store', store, linesFile([itemLine(1), itemLine(2)]));
  const other = { ...summaryLine(2), text: 'day shifts' };
  const summaries = linesFile([summaryLine(1), other, summaryLine(3)]);
  const told = await say(runImport, '--store', store, summaries);
  expect(told).toBe('1 summaries added\n2 summaries that fit no stored item, left out\n');
  expect(await say(runGet, '--store', store, 'k1')).toBe(
    `${JSON.stringify({
      _id: 'k1',
      version: '1',
      title: 'Title 1',
      text: 'Night shifts of 1.',
      summary: {
        text: 'night shifts',
        kept: [[0, 12]],
        tokens: 2,
        raw_tokens: 5,
        method: 'search',
        version: 'v1',
      },
    })}\n`,
  );
  await say(runImport, '--store', store, linesFile([summaryLine(1, 'v2')]));
  expect(await say(runGet, '--store', store, 'k1')).toContain('"version":"v2"');
  const stat = await say(runStat, '--store', store);
  expect(stat).toMatch(/^items +2$/m);
  expect(stat).toMatch(/^summary of search v2, no token ids +1$/m);
  expect(stat).toMatch(/^no summary, no token ids +1$/m);
});

describe('faults', () => {
  test('of a line end the import, and what was stored before stays', async () => {
    const store = join(temporaryFolder(), 'store');
    const lines = [...Array.from({ length: 600 }, (_, n) => itemLine(n)), { _id: '', text: 'x' }];
    const file = linesFile(lines);
    await expect(runImport(['--store', store, file])).rejects.toThrow(`${file}:601: '_id' is ""`);
    expect(output.stderr).toContain('500 stored\n');
    const blank = linesFile([{ _id: 'a', text: ' ' }]);
    await expect(runImport(['--store', store, blank])).rejects.toThrow(
      `${blank}:1: 'text' has nothing to read`,
    );
    const long = linesFile([{ _id: 'x'.repeat(300), text: 'x' }]);
    await expect(runImport(['--store', store, long])).rejects.toThrow(
      `${long}:1: 'id' has 300 bytes of UTF-8; at most 256`,
    );
  });

  test.each([
    [runImport, ['--store', '/x'], '0 files are named'],
    [runImport, ['file'], '--store is missing'],
    [runImport, ['--store', '/x', 'file', '--version', '0'], "--version is '0'"],
    [runGet, ['--store', '/x'], 'no id is given'],
    [runStat, [], '--store is missing'],
    [runExport, ['--store', '/nowhere'], '/nowhere: there is no item store'],
  ])('of the options say what is needed (%#)', async (command, args, message) => {
    await expect(command(args)).rejects.toThrow(message);
  });

  test('an id that is not stored ends `get`', async () => {
    const store = join(temporaryFolder(), 'store');
    await say(runImport, '--store', store, linesFile([itemLine(1)]));
    await expect(runGet(['--store', store, 'k1', 'k2'])).rejects.toThrow("no item 'k2' is stored");
  });
});

test('progress words are told in words', () => {
  expect(describeProgress('["search v1","ids"]')).toBe('summary of search v1, token ids of ids');
  expect(describeProgress('parked ["search v1",""]')).toBe(
    'failed on the way to summary of search v1, no token ids',
  );
});
