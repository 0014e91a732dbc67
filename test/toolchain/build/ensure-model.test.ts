import { cpSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { readManifest } from '../../../src/model/manifest.ts';
import { buildRecipe, ensureModel } from '../../../src/toolchain/build/ensure-model.ts';
import { parseRecipe } from '../../../src/toolchain/build/recipe.ts';
import { bundleTiny, hashFiles, writeRecipe } from '../../support/checkpoints/bundled-recipe.ts';
import { tinyPath } from '../../support/checkpoints/hf-tiny.ts';

const precision = 'int8';

describe('a recipe of a checkpoint in the repository', () => {
  it('is built without fetching anything', async () => {
    const { root, recipe } = await bundleTiny();
    const parsed = parseRecipe(JSON.stringify(recipe), 'tiny.json');
    const to = join(root, 'built');
    const manifest = await buildRecipe(parsed, { precision, to, root });
    expect(manifest).toMatchObject({ name: 'tiny', precision: 'int8', recipe: { name: 'tiny' } });
    expect(await readManifest(to)).toEqual(manifest);
  });

  it('is refused when a file differs or is missing', async () => {
    const { root, folder, recipe } = await bundleTiny();
    const to = join(root, 'built');
    const build = (changed: object) =>
      buildRecipe(parseRecipe(JSON.stringify(changed), 'r.json'), { precision, to, root });
    writeFileSync(join(folder, 'tokenizer.json'), '{}');
    await expect(build(recipe)).rejects.toThrow(/tokenizer\.json has SHA-256 44136f.* is expected/);
    const elsewhere = { ...recipe.source, path: 'models/bundled/none' };
    await expect(build({ ...recipe, source: elsewhere })).rejects.toThrow(
      /config\.json cannot be read; the recipe's source names it/,
    );
  });

  it('can name an adapter, whose files are checked too', async () => {
    const { root, recipe } = await bundleTiny();
    const path = 'models/bundled/tiny-adapter';
    const folder = join(root, path);
    cpSync(tinyPath('llama-adapter'), folder, { recursive: true });
    const files = hashFiles(folder, ['adapter_config.json', 'adapter_model.safetensors']);
    const withAdapter = (adapter?: object) =>
      parseRecipe(
        JSON.stringify({ ...recipe, source: { ...recipe.source, adapter } }),
        'tiny.json',
      );
    const build = (to: string, adapter?: object) =>
      buildRecipe(withAdapter(adapter), { precision, to: join(root, to), root });
    const [plain, adapted] = [await build('plain'), await build('adapted', { path, files })];
    expect(adapted.weights.sha256).not.toBe(plain.weights.sha256);
    expect(adapted.source.sha256).not.toBe(plain.source.sha256);
    writeFileSync(join(folder, 'adapter_config.json'), '{}');
    await expect(build('adapted', { path, files })).rejects.toThrow(
      /adapter_config\.json has SHA-256 44136f.* is expected/,
    );
    expect(() => withAdapter({ path, files: files.slice(1) })).toThrow(
      /'source\.adapter\.files' is .*adapter_config\.json, adapter_model\.safetensors/,
    );
  });

  it.each([
    [{ path: 'models/../../etc' }, /'source\.path' is .*models\/bundled\/NAME/],
    [{ files: [] }, /'source\.files' is .*config\.json, model\.safetensors, tokenizer\.json/],
  ])('that is broken is refused: %j', async (change, message) => {
    const { recipe } = await bundleTiny();
    const broken = { ...recipe, source: { ...recipe.source, ...change } };
    expect(() => parseRecipe(JSON.stringify(broken), 'r.json')).toThrow(message);
  });
});

describe('ensureModel', () => {
  const perDevice = { cpu: 'int8', cuda: 'fp16' };

  it.each([
    ['cpu', perDevice, 'int8'],
    ['cuda', perDevice, 'fp16'],
    ['cpu', 'fp32', 'fp32'],
    ['cuda', 'fp32', 'fp32'],
  ] as const)('builds for %s, with the precisions %j, in %s', async (provider, given, expected) => {
    const { root, recipe } = await bundleTiny(given);
    writeRecipe(root, recipe);
    const dir = await ensureModel('tiny', provider, { root });
    expect(dir).toBe(join(root, `models/artifacts/tiny-${expected}`));
    expect(await readManifest(dir)).toMatchObject({ name: 'tiny', precision: expected });
  });

  it('keeps a built model until the recipe changes, for each kind of device', async () => {
    const { root, recipe } = await bundleTiny(perDevice);
    writeRecipe(root, recipe);
    const lines: string[] = [];
    const ensure = async (provider: 'cpu' | 'cuda') => {
      lines.splice(0);
      const dir = await ensureModel('tiny', provider, {
        root,
        onProgress: (line) => lines.push(line),
      });
      return (await readManifest(dir)).source.description;
    };
    await ensure('cpu');
    expect(lines.at(-1)).toMatch(/^built tiny: \d+ parameters/);
    await ensure('cuda');
    expect(readdirSync(join(root, 'models/artifacts')).sort()).toEqual(['tiny-fp16', 'tiny-int8']);
    await ensure('cpu');
    expect(lines).toEqual([]);
    writeRecipe(root, { ...recipe, description: 'newer' });
    expect(await ensure('cpu')).toBe('newer');
    expect(await ensure('cuda')).toBe('newer');
  });

  it('replaces a model of another precision in its folder', async () => {
    const { root, recipe } = await bundleTiny(perDevice);
    writeRecipe(root, recipe);
    const parsed = parseRecipe(JSON.stringify(recipe), 'tiny.json');
    const to = join(root, 'models/artifacts/tiny-fp16');
    await buildRecipe(parsed, { precision: 'int8', to, root });
    await ensureModel('tiny', 'cuda', { root });
    expect((await readManifest(to)).precision).toBe('fp16');
  });

  it('names the folder in which recipes are missing', async () => {
    await expect(ensureModel('tiny', 'cpu', { root: '/nowhere' })).rejects.toThrow(
      '/nowhere/models/recipes cannot be read; recipes are needed',
    );
  });
});
