import { copyFile, type FileHandle, open, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { at } from '../../base/at.ts';
import { CheckpointError } from '../files/checkpoint.ts';
import { toHalf } from '../numerics/half.ts';
import { replaceFolder } from '../../model/replace-folder.ts';
import { rowName, scaleName } from '../files/stored-int8.ts';
import { countValues } from '../files/tensor-type.ts';
import type { QuantizedTensor } from '../numerics/quantize-channels.ts';

/** The float types that can be written, by their safetensors names. */
export const writtenTypes = ['F32', 'F16', 'BF16'] as const;
export type WrittenType = (typeof writtenTypes)[number];

/** A tensor to be written. Linears are [out, in], as in `Checkpoint.readTensor`. */
export type OutgoingTensor = FloatTensor | Int8Matrix;

interface FloatTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: WrittenType;
  /** Called once, in the order of the file, so that one tensor is in memory at a time. */
  readonly read: () => Float32Array | Promise<Float32Array>;
}

/** A matrix in the compact form of stored-int8.ts. Scales and fp32 rows are written after it. */
export interface Int8Matrix {
  readonly name: string;
  readonly shape: readonly [out: number, inputs: number];
  readonly type: 'I8';
  /** Rows that are also stored in fp32. */
  readonly wholeRows: readonly number[];
  /** Called once, in the order of the file. `whole` has the values of `wholeRows`, in its order. */
  readonly read: () => Promise<QuantizedTensor & { readonly whole: readonly Float32Array[] }>;
}

interface CheckpointContents {
  /** The content of config.json. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly tensors: readonly OutgoingTensor[];
  /** A Hugging Face folder whose tokenizer and generation files are copied. */
  readonly copyFrom?: string | undefined;
  /**
   * Further files by name; a function is called once the tensors are written, with the bytes of
   * model.safetensors. A folder is replaced only if it holds the first of them: we wrote it.
   */
  readonly texts: ReadonlyMap<string, string | ((modelBytes: number) => string)>;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** The other files of a Hugging Face folder, which are copied if present. */
const companions = [
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'added_tokens.json',
  'vocab.json',
  'merges.txt',
  'chat_template.jinja',
  'generation_config.json',
];

/**
 * Writes a Hugging Face folder that `openCheckpoint` and transformers read: config.json,
 * model.safetensors and tokenizer. The folder appears only when it is complete.
 *
 * @returns the bytes of model.safetensors
 * @throws CheckpointError for a tensor of the wrong size, or with a value that its type cannot
 * hold; RankError when `dir` is a folder that we did not write.
 */
export async function writeCheckpoint(dir: string, contents: CheckpointContents): Promise<number> {
  const [marker = 'config.json'] = contents.texts.keys();
  let modelBytes = 0;
  await replaceFolder(
    dir,
    async (building) => {
      await copyCompanions(contents.copyFrom, building);
      const config = `${JSON.stringify(contents.config, undefined, 2)}\n`;
      await writeFile(join(building, 'config.json'), config);
      modelBytes = await writeSafetensors(join(building, 'model.safetensors'), contents);
      for (const [name, text] of contents.texts) {
        await writeFile(join(building, name), typeof text === 'string' ? text : text(modelBytes));
      }
    },
    marker,
  );
  return modelBytes;
}

async function copyCompanions(from: string | undefined, to: string): Promise<void> {
  const there = from === undefined ? [] : await readdir(from);
  for (const name of companions.filter((each) => there.includes(each))) {
    await copyFile(join(from ?? '', name), join(to, name));
  }
}

const bytesPerValue = { F32: 4, F16: 2, BF16: 2, I8: 1 } as const;

/** A tensor as it is stored in the file. */
interface WrittenTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: keyof typeof bytesPerValue;
}

/** The stored tensors of one outgoing tensor, in the order of `readStored`. */
function storedTensors(tensor: OutgoingTensor): readonly WrittenTensor[] {
  if (tensor.type !== 'I8') {
    return [tensor];
  }
  const { name, shape, wholeRows } = tensor;
  const [rows, columns] = shape;
  return [
    tensor,
    { name: scaleName(name), shape: [rows], type: 'F32' },
    ...wholeRows.map(
      (row): WrittenTensor => ({ name: rowName(name, row), shape: [columns], type: 'F32' }),
    ),
  ];
}

async function readStored(tensor: OutgoingTensor): Promise<readonly (Float32Array | Int8Array)[]> {
  if (tensor.type !== 'I8') {
    return [await tensor.read()];
  }
  const { values, scales, whole } = await tensor.read();
  return [values, scales, ...whole];
}

/**
 * Writes the header first, so shapes and types must be known before any value is read.
 *
 * @returns the size of the file in bytes
 */
async function writeSafetensors(
  path: string,
  { tensors, onProgress }: Pick<CheckpointContents, 'tensors' | 'onProgress'>,
): Promise<number> {
  const file = await open(path, 'wx');
  try {
    const total = tensors.flatMap(storedTensors).length;
    let [done, bytes] = [0, 0];
    const write = async (encoded: Uint8Array) => {
      await writeAll(file, encoded);
      bytes += encoded.byteLength;
    };
    await write(safetensorsHeader(tensors.flatMap(storedTensors)));
    for (const tensor of tensors) {
      const values = await readStored(tensor);
      for (const [i, stored] of storedTensors(tensor).entries()) {
        await write(encodeTensor(stored, at(values, i)));
        onProgress?.(++done, total);
      }
    }
    await file.sync();
    return bytes;
  } finally {
    await file.close();
  }
}

function safetensorsHeader(tensors: readonly WrittenTensor[]): Uint8Array {
  // Transformers reads this before it accepts a file as PyTorch's layout.
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } };
  let end = 0;
  for (const { name, shape, type } of tensors) {
    if (name in header) {
      throw new CheckpointError(`tensor ${name} is given twice; give each tensor once`);
    }
    const begin = end;
    end += countValues(shape) * bytesPerValue[type];
    header[name] = { dtype: type, shape, data_offsets: [begin, end] };
  }
  // The format pads the header with spaces to a multiple of 8, so that data is aligned.
  const text = JSON.stringify(header);
  const bytes = Buffer.from(text + ' '.repeat(-Buffer.byteLength(text) & 7));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(bytes.length));
  return Buffer.concat([length, bytes]);
}

function encodeTensor(
  { name, shape, type }: WrittenTensor,
  values: Float32Array | Int8Array,
): Uint8Array {
  if (values.length !== countValues(shape)) {
    throw new CheckpointError(
      `tensor ${name} has ${values.length} values; ` +
        `[${shape.join(', ')}] needs ${countValues(shape)}`,
    );
  }
  const encoded = values instanceof Int8Array ? values : encodeFloats(name, type, values);
  return new Uint8Array(encoded.buffer, encoded.byteOffset, encoded.byteLength);
}

function encodeFloats(name: string, type: WrittenTensor['type'], values: Float32Array) {
  return type === 'F32' ? values : type === 'BF16' ? toBfloat16(values) : halves(name, values);
}

function halves(name: string, values: Float32Array): Uint16Array {
  const half = toHalf(values);
  if (!half.ok) {
    throw new CheckpointError(
      `tensor ${name}: value ${at(values, half.index)} at ${half.index} ` +
        'does not fit F16 (at most 65504)',
    );
  }
  return half.values;
}

/** bfloat16: the upper half of fp32, rounded to nearest even. */
function toBfloat16(values: Float32Array): Uint16Array {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  return Uint16Array.from(words, (word) => (word + 0x7fff + ((word >>> 16) & 1)) >>> 16);
}

async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.byteLength; ) {
    const { bytesWritten } = await file.write(bytes, done);
    done += bytesWritten;
  }
}
