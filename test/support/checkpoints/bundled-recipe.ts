import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sha256 } from '../../../src/base/files/sha256.ts';
import { quantizeCheckpoint } from '../../../src/toolchain/quantize/quantize-checkpoint.ts';
import { tinyBuildOptions, tinyPath } from './hf-tiny.ts';
import { temporaryFolder } from '../temporary-folder.ts';

/** The files with their SHA-256, as a recipe names them. */
export function hashFiles(folder: string, files: readonly string[]) {
  return files.map((file) => ({ file, sha256: sha256(readFileSync(join(folder, file))) }));
}

/**
 * A project folder with a compact checkpoint in models/bundled/tiny, and the fields of its recipe.
 */
export async function bundleTiny(precision: unknown = 'int8') {
  const root = temporaryFolder();
  const path = 'models/bundled/tiny';
  const folder = join(root, path);
  await quantizeCheckpoint({
    from: tinyPath('llama'),
    to: folder,
    labels: ['yes', 'no'],
    floats: [],
    calibration: undefined,
    onProgress: () => undefined,
  });
  const files = hashFiles(folder, ['config.json', 'model.safetensors', 'tokenizer.json']);
  const recipe = {
    name: 'tiny',
    description: 'tiny',
    licence: 'Apache-2.0',
    precision,
    source: { kind: 'bundled', path, files },
    template: tinyBuildOptions('llama', '').template,
    labels: { yes: 'yes', no: 'no' },
  };
  return { root, folder, recipe };
}

/** Puts a recipe where `readRecipe` looks for it. */
export function writeRecipe(
  root: string,
  recipe: { readonly name: string; readonly [field: string]: unknown },
): void {
  const folder = join(root, 'models/recipes');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${recipe.name}.json`), JSON.stringify(recipe));
}
