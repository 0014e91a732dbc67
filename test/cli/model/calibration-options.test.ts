import { join } from 'node:path';
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { findPrompt, parseCalibration } from '../../../src/cli/model/calibration-options.ts';
import { tinyPath } from '../../support/checkpoints/hf-tiny.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const limits = { templates: [], defaultTokens: 16_384 };

test('has defaults for all but the file', () => {
  const { threads, ...options } = parseCalibration('/lines.jsonl', {}, limits);
  const expected = { file: '/lines.jsonl', templates: [], tokens: 16_384, rowTokens: 256, seed: 1 };
  expect(options).toEqual(expected);
  expect(threads).toBeGreaterThanOrEqual(1);
  const given = { tokens: '99', 'row-tokens': '8', seed: '0', threads: '3' };
  expect(parseCalibration('/lines.jsonl', given, limits)).toEqual({
    ...expected,
    tokens: 99,
    rowTokens: 8,
    seed: 0,
    threads: 3,
  });
});

test.each([
  [{ tokens: '0' }, "--tokens is '0'; a whole number of at least 1 is needed"],
  [{ 'row-tokens': '7' }, "--row-tokens is '7'; a whole number of at least 8 is needed"],
  [{ seed: '-1' }, "--seed is '-1'; a whole number of at least 0 is needed"],
  [{ threads: 'all' }, "--threads is 'all'; a whole number of at least 1 is needed"],
])('refuses %j', (values, message) => {
  expect(() => parseCalibration('f', values, limits)).toThrow(message);
});

test('takes the steps for calibration from the file that the template is in', async () => {
  const template = readFileSync(tinyPath('template.json'), 'utf8');
  const folder = temporaryFolder({
    'plain.json': template,
    'recipe.json': `{"template": ${template}, "normalize": ["nfkc"]}`,
  });
  const files = ['plain.json', 'recipe.json'].map((file) => join(folder, file));
  const { templates, labels } = await findPrompt({ template: files });
  expect(templates.map(({ normalize }) => normalize)).toEqual([undefined, ['nfkc']]);
  expect(labels).toEqual(['yes', 'no']);
});

test.each([
  {},
  { recipe: 'slmrank-55m', template: ['chatml'] },
  { recipe: 'slmrank-55m', labels: 'yes,no' },
])('refuses the template options %j', async (options) => {
  await expect(findPrompt(options)).rejects.toThrow(
    'exactly one of --recipe, --model and --template is needed; --labels only with --template',
  );
});
