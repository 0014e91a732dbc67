import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { run } from '../../../src/cli/model/quantize.ts';
import { captureOutput } from '../../support/captured-output.ts';
import { tinyPath } from '../../support/checkpoints/hf-tiny.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const output = captureOutput();

test('writes a compact checkpoint, and prints the error of each tensor', async () => {
  const to = join(temporaryFolder(), 'int8');
  const given = ['--from', tinyPath('llama'), '--to', to, '--labels', 'yes,no'];
  expect(await run([...given, '--float', '0.down'])).toBe(0);
  expect(existsSync(join(to, 'quantize-report.json'))).toBe(true);
  expect(output.stdout).toMatch(/^tensor +shape +relative error +SQNR dB /m);
  expect(output.stdout).toMatch(
    /^model\.layers\.0\.self_attn\.q_proj\.weight +\d+ x \d+ +\d\.\d\d % /m,
  );
  expect(output.stdout).toMatch(/: \d+ parameters in \d+\.\d MB; .*0\.down as floats\n$/);
});

test.each([
  [[], /^--from and --to are needed\n/],
  [['--from=a', '--to=b', '--seed=2'], /^--seed needs --calibrate\n/],
  [['--from=a', '--to=b', '--template=chatml'], /^--template needs --calibrate\n/],
  [['--from=a', '--to=b', '--calibrate=c'], /^exactly one of --recipe, --model and --template/],
  [['--from=a', '--to=b', '--float=x'], /^--float has 'x'; LAYER\.INPUT is needed, INPUT one of /],
  [['--from=a', '--to=b', 'more'], /^unexpected 'more'\n/],
])('refuses %j', async (args, message) => {
  await expect(run(args)).rejects.toThrow(message);
});
