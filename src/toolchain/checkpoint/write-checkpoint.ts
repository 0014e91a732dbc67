import { copyFile, type FileHandle, open, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { at } from '../../base/at.ts';
import { CheckpointError } from '../files/checkpoint.ts';
import { toHalf } from '../numerics/half.ts';
import { replaceFolder } from '../../model/replace-folder.ts';
import { countValues } from '../files/tensor-type.ts';

/** The float types that can be written, by their safetensors names. */
export const writtenTypes = ['F32', 'F16', 'BF16'] as const;
export type WrittenType = (typeof writtenTypes)[number];

type TensorValues = Float32Array | Int8Array;

/** A tensor to write. Linears are [out, in], as in `Checkpoint.readTensor`. */
export interface OutgoingTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** I8 tensors are described in stored-int8.ts. */
  readonly type: WrittenType | 'I8';
  /**
   * Called once, in the order of the tensors, so that one tensor is in memory at a time. Gives
   * integers for I8 and floats for the other types.
   */
  readonly read: () => TensorValues | Promise<TensorValues>;
}

interface CheckpointContents {
  /** The content of config.json. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly tensors: readonly OutgoingTensor[];
  /** A Hugging Face folder whose tokenizer and generation files are copied. */
  readonly copyFrom?: string | undefined;
  /**
   * More files by name. The first one marks the folder as ours: only folders that have it are
   * replaced.
   */
  readonly texts: ReadonlyMap<string, string>;
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
 * @throws CheckpointError for a tensor of the wrong size or beyond its type; RankError when `dir`
 * is not a folder that we wrote.
 */
export async function writeCheckpoint(dir: string, contents: CheckpointContents): Promise<void> {
  const [marker = 'config.json'] = contents.texts.keys();
  await replaceFolder(
    dir,
    async (building) => {
      await copyCompanions(contents.copyFrom, building);
      for (const [name, text] of contents.texts) {
        await writeFile(join(building, name), text);
      }
      const config = `${JSON.stringify(contents.config, undefined, 2)}\n`;
      await writeFile(join(building, 'config.json'), config);
      await writeSafetensors(join(building, 'model.safetensors'), contents);
    },
    marker,
  );
}

async function copyCompanions(from: string | undefined, to: string): Promise<void> {
  const there = from === undefined ? [] : await readdir(from);
  for (const name of companions.filter((each) => there.includes(each))) {
    await copyFile(join(from ?? '', name), join(to, name));
  }
}

const bytesPerValue = { F32: 4, F16: 2, BF16: 2, I8: 1 } as const;

/** The header comes first, so shapes and types must be known before any value is read. */
async function writeSafetensors(
  path: string,
  { tensors, onProgress }: Pick<CheckpointContents, 'tensors' | 'onProgress'>,
): Promise<void> {
  const file = await open(path, 'wx');
  try {
    await writeAll(file, safetensorsHeader(tensors));
    for (const [done, tensor] of tensors.entries()) {
      await writeAll(file, encodeTensor(tensor, await tensor.read()));
      onProgress?.(done + 1, tensors.length);
    }
    await file.sync();
  } finally {
    await file.close();
  }
}

function safetensorsHeader(tensors: readonly OutgoingTensor[]): Uint8Array {
  // Transformers requires this to accept a file as PyTorch's layout.
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

function encodeTensor({ name, shape, type }: OutgoingTensor, values: TensorValues): Uint8Array {
  if (values.length !== countValues(shape)) {
    throw new CheckpointError(
      `tensor ${name} has ${values.length} values; ` +
        `[${shape.join(', ')}] needs ${countValues(shape)}`,
    );
  }
  if (values instanceof Int8Array !== (type === 'I8')) {
    throw new CheckpointError(`tensor ${name} is to be ${type}; its values are not: this is a bug`);
  }
  const encoded = values instanceof Int8Array ? values : encodeFloats(name, type, values);
  return new Uint8Array(encoded.buffer, encoded.byteOffset, encoded.byteLength);
}

function encodeFloats(name: string, type: OutgoingTensor['type'], values: Float32Array) {
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
