import { expect, test } from '@jest/globals';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { partOf, ResumableFile } from '../../../src/cli/compress/resumable-file.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

test('goes on behind the last complete line of an unfinished file', async () => {
  const out = join(temporaryFolder(), 'out.jsonl');
  const first = await ResumableFile.open(out);
  expect(first.found).toBe(0);
  await first.append('één');
  await first.append('two');
  await first.close(false);
  writeFileSync(partOf(out), 'thr', { flag: 'a' });
  const second = await ResumableFile.open(out);
  expect(second.found).toBe(2);
  await second.append('three');
  await second.close(true);
  expect(readFileSync(out, 'utf8')).toBe('één\ntwo\nthree\n');
  expect(existsSync(partOf(out))).toBe(false);
});

test('compresses what ends in .gz, once it is whole', async () => {
  const out = join(temporaryFolder(), 'out.jsonl.gz');
  const file = await ResumableFile.open(out);
  await file.append('one');
  await file.close(true);
  expect(gunzipSync(readFileSync(out)).toString()).toBe('one\n');
  expect(existsSync(partOf(out))).toBe(false);
});

test('leaves a finished file alone, and says which file cannot be written', async () => {
  const folder = temporaryFolder({ 'out.jsonl': 'done' });
  const out = join(folder, 'out.jsonl');
  await expect(ResumableFile.open(out)).rejects.toThrow(
    `${out} is finished already; remove it, or name another file with --out`,
  );
  const nowhere = join(folder, 'none', 'out.jsonl');
  await expect(ResumableFile.open(nowhere)).rejects.toThrow(`${nowhere}.part cannot be written`);
});
