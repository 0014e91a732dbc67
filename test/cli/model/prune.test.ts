import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { run } from '../../../src/cli/model/prune.ts';
import { captureOutput } from '../../support/captured-output.ts';
import { tinyPath } from '../../support/checkpoints/hf-tiny.ts';
import { writeLines } from '../../support/checkpoints/prune-set-up.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const output = captureOutput();

test('writes a pruned checkpoint, and prints the report', async () => {
  const folder = temporaryFolder();
  const to = join(folder, 'pruned');
  const status = await run([
    `--from=${tinyPath('llama')}`,
    `--to=${to}`,
    `--calibrate=${writeLines(folder, 40)}`,
    `--template=${tinyPath('template.json')}`,
    '--mlp-keep=0.5',
    '--align=8',
    '--tokens=4000',
    '--row-tokens=128',
    '--threads=1',
  ]);
  expect(status).toBe(0);
  expect(existsSync(join(to, 'prune-report.json'))).toBe(true);
  expect(output.stdout).toMatch(new RegExp(`^pruned +${to}\n$`, 'm'));
}, 60_000);

const needed = ['--from=a', '--to=b', '--calibrate=c', '--template=chatml'];
test.each([
  [[], /^--from, --to and --calibrate are needed\n/],
  [needed.slice(0, 3), /^exactly one of --recipe, --model and --template is needed/],
  [[...needed, '--mlp-keep=1.5'], /^--mlp-keep is '1\.5'; a number from 0 to 1 is needed$/],
  [[...needed, '--align=0'], /^--align is '0'; a whole number of at least 1 is needed$/],
  [[...needed, '--drop-layers=-1'], /^--drop-layers is '-1'; a whole number of at least 0/],
  [[...needed, '--drop=first'], /^--drop is 'first'; one of last, importance is needed$/],
  [[...needed, '--type=F64'], /^--type is 'F64'; one of F32, /],
])('refuses %j', async (args, message) => {
  await expect(run(args)).rejects.toThrow(message);
});
