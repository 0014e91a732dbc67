import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Blueprint } from '../../model/manifest.ts';
import { withAdapter } from './adapter.ts';
import { parseBlueprint } from './config/blueprint.ts';
import {
  type Checkpoint,
  CheckpointError,
  quote,
  refuse,
  type Shape,
  within,
} from '../files/checkpoint.ts';
import { type CheckpointFile, readValues } from '../files/checkpoint-file.ts';
import { openGguf } from '../gguf/gguf.ts';
import { parseGgufBlueprint } from './config/gguf-blueprint.ts';
import { ropeFactorsName } from './config/gguf-rope.ts';
import { readJsonFile } from '../files/limited-json.ts';
import { expectedTensors, isRotated, outerTensors, toGgufName } from './config/tensors.ts';
import { openSafetensorsFolder } from '../files/safetensors-shards.ts';
import {
  type StoredTensors,
  int8Companions,
  readDequantized,
  readInt8,
} from '../files/stored-int8.ts';

/** An opened checkpoint, whichever form it has. */
interface Opened {
  /** The file, or the folder if the weights are in several files. */
  readonly place: string;
  readonly sources: readonly CheckpointFile[];
  readonly stored: StoredTensors;
  readonly blueprint: Blueprint;
  /** Turns a Hugging Face name into the name in the file. */
  readonly toFileName: (name: string) => string;
  /** Whether rows of q and k are in the order of GGUF's Llama family. */
  readonly isPermuted: boolean;
  /** Whether a tensor that the model does not use may be present, because it is redundant. */
  readonly isIgnorable: (name: string) => boolean;
}

/**
 * Opens a GGUF file, or a Hugging Face folder with config.json and safetensors, and checks that it
 * holds exactly the tensors that its blueprint requires. Weights are read later, one tensor at a
 * time; those of the low-rank adapter in the folder `adapter` are merged in. Rows have `rowTokens`
 * tokens, or the default. The caller closes it.
 *
 * @throws CheckpointError
 */
export async function openCheckpoint(
  path: string,
  adapter?: string,
  rowTokens?: number,
): Promise<Checkpoint> {
  const checkpoint = await openPlain(path, rowTokens);
  return adapter === undefined ? checkpoint : withAdapter(checkpoint, adapter);
}

async function openPlain(path: string, rowTokens: number | undefined): Promise<Checkpoint> {
  const opened = await ((await isFolder(path)) ? openFolder : openGgufCheckpoint)(path, rowTokens);
  return closingOnFailure(opened.sources, () => {
    const expected = expectedTensors(opened.blueprint);
    assertComplete(opened, expected);
    const isInt8 = (name: string) => opened.stored.get(name)?.tensor.type === 'I8';
    const isCompact = [...opened.stored.keys()].some(isInt8);
    return {
      blueprint: opened.blueprint,
      files: opened.sources.map(({ name }) => name),
      shapes: expected,
      readTensor: (name) => readTensor(opened, expected, name),
      readQuantized: async (name) => (isInt8(name) ? readInt8(name, opened.stored) : undefined),
      staysFloat: (name) => isCompact && !isInt8(name),
      close: () => closeAll(opened.sources),
    };
  });
}

async function isFolder(path: string): Promise<boolean> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new CheckpointError(`${path}: cannot be read: ${String(cause)}`, { cause });
  });
  return found.isDirectory();
}

async function openGgufCheckpoint(path: string, rowTokens?: number): Promise<Opened> {
  const gguf = await openGguf(path);
  return closingOnFailure([gguf.source], async () => {
    const factors = gguf.tensors.get(ropeFactorsName);
    const values = factors && (await readValues(gguf.source, factors));
    const blueprint = parseGgufBlueprint(gguf, values, rowTokens);
    return {
      place: path,
      sources: [gguf.source],
      stored: new Map(
        [...gguf.tensors].map(([name, tensor]) => [name, { source: gguf.source, tensor }]),
      ),
      blueprint,
      toFileName: toGgufName,
      isPermuted: blueprint.family === 'llama',
      // A classifier does not use the head of the vocabulary.
      isIgnorable: (name) =>
        name === ropeFactorsName ||
        (blueprint.classes !== undefined && name === outerTensors.head.gguf),
    };
  });
}

async function openFolder(folder: string, rowTokens?: number): Promise<Opened> {
  const path = join(folder, 'config.json');
  const blueprint = parseBlueprint(await readJsonFile(path), path, rowTokens);
  const shards = await openSafetensorsFolder(folder);
  const stored = shards.flatMap(({ source, tensors }) =>
    [...tensors].map(([name, tensor]) => [name, { source, tensor }] as const),
  );
  const sources = shards.map(({ source }) => source);
  return {
    place: sources.length === 1 ? (sources[0]?.name ?? folder) : folder,
    sources,
    stored: new Map(stored),
    blueprint,
    toFileName: (name) => name,
    isPermuted: false,
    isIgnorable: isRedundant,
  };
}

function assertComplete(opened: Opened, expected: ReadonlyMap<string, Shape>): void {
  const required = new Set<string>();
  for (const [name, shape] of expected) {
    const fileName = opened.toFileName(name);
    const found = opened.stored.get(fileName);
    if (found === undefined) {
      throw missing(fileName, opened.place);
    }
    if (found.tensor.shape.join() !== shape.join()) {
      const where = within(found.source.name, `tensor ${quote(fileName)}`);
      refuse(where, 'the shape', found.tensor.shape, `[${shape.join(', ')}]`);
    }
    required.add(fileName);
    int8Companions(fileName, opened.stored).forEach((each) => required.add(each));
  }
  for (const [name, { source }] of opened.stored) {
    if (!required.has(name) && !opened.isIgnorable(name)) {
      // Ignoring a bias or a norm would silently change every score.
      const where = within(source.name, `tensor ${quote(name)}`);
      refuse(where, 'the tensor', 'present', `those of a ${opened.blueprint.family} model`);
    }
  }
}

function missing(name: string, place: string): CheckpointError {
  const hint = name === outerTensors.head.name ? '; is "tie_word_embeddings": true meant?' : '';
  return new CheckpointError(`the tensor ${quote(name)} is missing from ${place}${hint}`);
}

/**
 * Whether a tensor only repeats known values: a stored tied head, or the rotary table of old Llama
 * checkpoints.
 */
function isRedundant(name: string): boolean {
  return name === outerTensors.head.name || name.endsWith('.rotary_emb.inv_freq');
}

async function readTensor(
  opened: Opened,
  expected: ReadonlyMap<string, Shape>,
  name: string,
): Promise<Float32Array> {
  const stored = expected.has(name) ? opened.stored.get(opened.toFileName(name)) : undefined;
  if (stored === undefined) {
    const files = opened.sources.map((source) => source.name).join(', ');
    return refuse(files, `tensor ${quote(name)}`, undefined, 'names of the blueprint');
  }
  if (stored.tensor.type === 'I8') {
    return readDequantized(name, opened.stored);
  }
  const values = await readValues(stored.source, stored.tensor);
  if (opened.isPermuted && isRotated(name)) {
    const { headDim, width } = opened.blueprint;
    return unpermuteRotary(values, headDim, width);
  }
  return values;
}

async function closingOnFailure<T>(
  sources: readonly CheckpointFile[],
  build: () => T | Promise<T>,
): Promise<T> {
  try {
    return await build();
  } catch (error) {
    await closeAll(sources);
    throw error;
  }
}

async function closeAll(sources: readonly CheckpointFile[]): Promise<void> {
  await Promise.all(sources.map((source) => source.close()));
}

/**
 * Returns rows of q or k in the order of Hugging Face. GGUF's Llama family stores the two numbers
 * that a rotation mixes as neighbours, Hugging Face half a head apart: row 2i + j of a head there
 * is row j headDim/2 + i here (j = 0, 1).
 *
 * rows: [heads x headDim, width]
 */
export function unpermuteRotary(rows: Float32Array, headDim: number, width: number): Float32Array {
  const half = headDim / 2;
  const unpermuted = new Float32Array(rows.length);
  const count = rows.length / width;
  for (let row = 0; row < count; row++) {
    const inHead = row % headDim;
    const target = row - inHead + (inHead % 2) * half + Math.floor(inHead / 2);
    unpermuted.set(rows.subarray(row * width, (row + 1) * width), target * width);
  }
  return unpermuted;
}
