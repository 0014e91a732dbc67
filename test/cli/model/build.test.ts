import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { run } from '../../../src/cli/model/build.ts';
import { findPrompt } from '../../../src/cli/model/calibration-options.ts';
import { readManifest } from '../../../src/model/manifest.ts';
import { tinyPath } from '../../support/checkpoints/hf-tiny.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { captureOutput } from '../../support/captured-output.ts';

captureOutput();

const template = readFileSync(tinyPath('template.json'), 'utf8');
const all = ['html', 'nfkc', 'invisible', 'spaces', 'capitals'];

test.each([
  [['--normalize', 'all'], all],
  [
    ['--normalize', 'nfkc,spaces'],
    ['nfkc', 'spaces'],
  ],
  [['--normalize', 'none'], undefined],
  [[], ['html']],
])('builds with %j a model that normalizes by %j', async (args, steps) => {
  const folder = temporaryFolder();
  const recipe = join(folder, 'recipe.json');
  writeFileSync(recipe, `{"template": ${template}, "normalize": ["html"]}`);
  const to = join(folder, 'model');
  expect(await run(['--from', tinyPath('llama'), '--to', to, '--template', recipe, ...args])).toBe(
    0,
  );
  expect((await readManifest(to)).normalize).toEqual(steps);
  const { templates } = await findPrompt({ model: to });
  expect(templates.map(({ normalize }) => normalize)).toEqual([steps]);
});

test.each(['html,html', 'spaces,html', 'lower', '', 'all,html'])(
  'refuses --normalize %j',
  async (list) => {
    const given = ['--from', tinyPath('llama'), '--to', 'never', '--normalize', list];
    await expect(run(given)).rejects.toThrow(
      `--normalize is '${list}'; all, none, or some of html, nfkc, invisible, spaces, capitals, each once and in this order, is needed`,
    );
  },
);

test('builds rows of --row-tokens', async () => {
  const to = join(temporaryFolder(), 'model');
  const template = tinyPath('template.json');
  const given = ['--from', tinyPath('llama'), '--to', to, '--template', template];
  expect(await run([...given, '--row-tokens', '3000'])).toBe(0);
  const { blueprint, buckets, templateTokens } = await readManifest(to);
  expect(blueprint.rowTokens).toBe(3000);
  expect(buckets.at(-1)).toBe(3000);
  expect(templateTokens).toEqual({ asked: expect.any(Number), fixed: expect.any(Number) });
});

test.each(['31', '131073', '1e999', 'many', ''])('refuses --row-tokens %j', async (text) => {
  const given = ['--from', tinyPath('llama'), '--to', 'never', '--row-tokens', text];
  await expect(run(given)).rejects.toThrow(
    `--row-tokens is '${text}'; a whole number from 32 to 131072 is needed`,
  );
});
