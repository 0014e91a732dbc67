import { execFile } from 'node:child_process';
import { copyFile, link, mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { at } from '../../../src/base/at.ts';
import { openCheckpoint } from '../../../src/toolchain/checkpoint/open-checkpoint.ts';
import {
  artifactFolder,
  buildRecipe,
  findBuilt,
  findSource,
} from '../../../src/toolchain/build/ensure-model.ts';
import { projectFolder } from '../../../src/toolchain/build/project-folder.ts';
import { readRecipe } from '../../../src/toolchain/build/recipe.ts';
import { openBuiltModel, writeStockGraph } from '../../ladder/model.ts';
import { writeHuggingFace } from './hugging-face.ts';

/** One model's weights, in the form that each system reads. */
export interface ModelFiles {
  /** Built by slmrank. */
  readonly fp32: string;
  readonly int8: string;
  /** A Hugging Face folder in fp32. */
  readonly folder: string;
  readonly F32: string;
  readonly BF16: string;
  readonly Q8_0: string;
  readonly Q4_0: string;
  /** The graph of a stock export. */
  readonly stock: string;
  /** The same, in the layout of transformers.js. */
  readonly browser: string;
}

export const ggufTypes = ['F32', 'BF16', 'Q8_0', 'Q4_0'] as const;

export interface FilesOptions {
  /** A name in models/recipes. */
  readonly recipe: string;
  /** Where the files are kept. */
  readonly state: string;
  /** The interpreter with the packages of requirements.txt; undefined leaves the GGUF files out. */
  readonly python: string | undefined;
  readonly say: (line: string) => void;
}

/**
 * Builds the model from its recipe and converts the very same weights for the others. Files that
 * are there are kept. The GGUF in F32 is read back and must have equal bits.
 */
export async function prepareFiles({
  recipe,
  state,
  python,
  say,
}: FilesOptions): Promise<ModelFiles> {
  const dir = join(state, recipe);
  const paths = pathsOf(recipe, dir);
  const parsed = await readRecipe(recipe, projectFolder('.'));
  for (const precision of ['fp32', 'int8'] as const) {
    if ((await findBuilt(parsed, precision)) === undefined) {
      await buildRecipe(parsed, { precision, to: paths[precision], onProgress: say });
    }
  }
  const source = await findSource(parsed, say, projectFolder('.'));
  await writeHuggingFace(source.from, paths.folder);
  await writeStock(paths);
  if (python !== undefined) {
    await writeGguf(paths, python, say);
  }
  return paths;
}

function pathsOf(recipe: string, dir: string): ModelFiles {
  const gguf = (type: string) => join(dir, `${type}.gguf`);
  return {
    fp32: artifactFolder(recipe, 'fp32'),
    int8: artifactFolder(recipe, 'int8'),
    folder: join(dir, 'folder'),
    F32: gguf('F32'),
    BF16: gguf('BF16'),
    Q8_0: gguf('Q8_0'),
    Q4_0: gguf('Q4_0'),
    stock: join(dir, 'stock', 'stock.onnx'),
    browser: join(dir, 'browser'),
  };
}

/** The graph is written each time, because the code that writes it may have changed. */
async function writeStock({ fp32, stock, browser, folder }: ModelFiles): Promise<void> {
  const from = join(stock, '..');
  await writeStockGraph(await openBuiltModel(fp32), from);
  await rm(browser, { recursive: true, force: true });
  const onnx = join(browser, 'onnx');
  await mkdir(onnx, { recursive: true });
  await copyFile(join(folder, 'config.json'), join(browser, 'config.json'));
  await copyFile(stock, join(onnx, 'model.onnx'));
  const weights = 'weights.bin';
  await link(join(from, weights), join(onnx, weights)).catch(() =>
    copyFile(join(from, weights), join(onnx, weights)),
  );
}

async function writeGguf(paths: ModelFiles, python: string, say: (line: string) => void) {
  const missing = [];
  for (const type of ggufTypes) {
    const isThere = await stat(paths[type]).then(Boolean, () => false);
    missing.push(...(isThere ? [] : [`${type}=${paths[type]}`]));
  }
  if (missing.length > 0) {
    say(`writing ${missing.length} GGUF files`);
    const script = projectFolder('bench/peers/weights/to_gguf.py');
    await promisify(execFile)(python, [script, paths.folder, ...missing]);
    await assertEqualWeights(paths.folder, paths.F32);
  }
}

/** @throws Error naming the first tensor with other values. */
export async function assertEqualWeights(a: string, b: string): Promise<void> {
  const [left, right] = [await openCheckpoint(a), await openCheckpoint(b)];
  try {
    for (const name of left.shapes.keys()) {
      const [x, y] = [await left.readTensor(name), await right.readTensor(name)];
      const place = x.findIndex((value, i) => value !== y[i]);
      if (place >= 0 || x.length !== y.length) {
        throw new Error(
          `${name} differs: ${a} has ${at(x, place)} at ${place}, ${b} has ${String(y[place])}`,
        );
      }
    }
  } finally {
    await left.close();
    await right.close();
  }
}
