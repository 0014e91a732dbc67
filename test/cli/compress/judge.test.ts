import { expect, test } from '@jest/globals';
import { join } from 'node:path';
import { run } from '../../../src/cli/compress/judge.ts';
import { captureOutput } from '../../support/captured-output.ts';
import { buildHfTiny } from '../../support/checkpoints/hf-tiny.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const output = captureOutput();

const originals = ['Reads charts of the ward', 'Welds frames of boats', 'Bakes bread at night'].map(
  (text, i) => ({ _id: `p${i}`, title: 'Job', text }),
);
const toLines = (all: readonly object[]) => all.map((each) => JSON.stringify(each)).join('\n');

async function setUp() {
  const model = temporaryFolder();
  await buildHfTiny('llama', model, 'candidate-first');
  const folder = temporaryFolder({
    'in.jsonl': toLines(originals),
    'short.jsonl': toLines(originals.map((each) => ({ ...each, text: each.text.slice(0, 6) }))),
    'part.jsonl': toLines(originals.slice(0, 1)),
    only: 'p1\np2\n',
    none: '',
    judges: 'nurse\nwelder\nbaker\nclerk\n',
  });
  const file = (name: string) => join(folder, name);
  return { file, given: ['--in', file('in.jsonl'), '--model', model, '--judges', file('judges')] };
}

test('shows how far answers on shorter texts are from those on the originals', async () => {
  const { file, given } = await setUp();
  const of = ['--of', file('in.jsonl'), '--of', file('short.jsonl'), '--only', file('only')];
  expect(await run([...given, ...of, '--drop-titles'])).toBe(0);
  const [head = '', same = '', short = ''] = output.stdout.split('\n');
  expect(head.trim().split(/  +/)).toEqual(['tokens', 'shorter', 'KL', '|dp|', '|dp| p90', 'tau']);
  expect(same).toMatch(/in\.jsonl +[\d.]+ +1\.0x +0\.0000 +0\.0000 +0\.0000 +1\.000$/);
  const [, tokens, times, kl, dp] = short.split(/  +/);
  expect(Number(tokens)).toBeLessThan(10);
  expect(Number.parseFloat(times ?? '')).toBeGreaterThan(1.5);
  expect(Number(kl)).toBeGreaterThanOrEqual(0);
  expect(Number(dp)).toBeGreaterThan(0);
}, 120_000);

test('refuses what lacks texts or options', async () => {
  const { file, given } = await setUp();
  await expect(run(given)).rejects.toThrow('--of is missing');
  await expect(run(['--of', 'x'])).rejects.toThrow('--in is missing');
  const part = [...given, '--of', file('part.jsonl'), '--only', file('only')];
  await expect(run(part)).rejects.toThrow("part.jsonl has no text with _id 'p1'");
  await expect(run([...part.slice(0, -1), file('none')])).rejects.toThrow('none names no text');
}, 60_000);
