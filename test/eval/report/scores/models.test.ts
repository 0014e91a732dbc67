import { describe, expect, test } from '@jest/globals';
import { join } from 'node:path';
import type { ModelRow } from '../../../../src/eval/report/input/plan.ts';
import { findMissing, prepareModel } from '../../../../src/eval/report/scores/models.ts';
import { readRecipe } from '../../../../src/toolchain/build/recipe.ts';
import { tinyPath } from '../../../support/checkpoints/hf-tiny.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const recipe = 'smollm2-135m-instruct';
const row: ModelRow = {
  kind: 'model',
  name: 'tiny',
  notes: 'random weights',
  path: tinyPath('llama'),
  build: { precision: 'fp32', recipe, adapter: undefined },
  against: 'tiny',
};

describe('prepareModel', () => {
  test('builds a checkpoint once, as its recipe says', async () => {
    const state = temporaryFolder();
    const lines: string[] = [];
    const options = { state, onProgress: (line: string) => void lines.push(line) };
    const { dir, manifest } = await prepareModel(row, options);
    const { template, labels, sha256 } = await readRecipe(recipe);
    expect(dir).toBe(join(state, 'models', 'tiny'));
    expect(manifest).toMatchObject({
      template,
      labels: { yes: { text: labels[0] }, no: { text: labels[1] } },
      recipe: { name: recipe, sha256 },
      source: { description: 'random weights' },
    });
    expect(lines.length).toBeGreaterThan(0);
    lines.length = 0;
    expect((await prepareModel(row, options)).manifest).toEqual(manifest);
    expect(lines).toEqual([]);
  });

  test('builds again for another checkpoint or precision', async () => {
    const options = { state: temporaryFolder(), onProgress: () => undefined };
    const { manifest: first } = await prepareModel(row, options);
    const other = { ...row, path: tinyPath('llama-untied-sharded-bf16') };
    const { manifest: second } = await prepareModel(other, options);
    const int8: ModelRow = { ...other, build: { precision: 'int8', recipe, adapter: undefined } };
    const { manifest: third } = await prepareModel(int8, options);
    expect(new Set([first, second, third].map(({ fingerprint }) => fingerprint)).size).toBe(3);
    expect(third.precision).toBe('int8');
  });
});

describe('findMissing', () => {
  const build = { precision: 'fp32', recipe, adapter: undefined } as const;
  const nowhere = temporaryFolder();

  test.each([
    ['nothing', row, undefined],
    ['the checkpoint', { ...row, path: nowhere }, join(nowhere, 'config.json')],
    ['a built model', { ...row, path: nowhere, build: undefined }, join(nowhere, 'manifest.json')],
    ['the recipe', { ...row, build: { ...build, recipe: 'none' } }, /models\/recipes\/none\.json$/],
    [
      'the adapter',
      { ...row, build: { ...build, adapter: nowhere } },
      join(nowhere, 'adapter_config.json'),
    ],
  ])('names %s', async (_, missing, file) => {
    const found = await findMissing(missing, []);
    expect(found ?? 'nothing').toEqual(
      file === undefined
        ? 'nothing'
        : typeof file === 'string'
          ? file
          : expect.stringMatching(file),
    );
  });
});
