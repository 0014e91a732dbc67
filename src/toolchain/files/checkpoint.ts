import type { Blueprint } from '../../model/manifest.ts';
import type { QuantizedTensor } from '../numerics/quantize-channels.ts';

/** Weights that can be read one tensor at a time: a GGUF file or a Hugging Face folder. */
export interface Checkpoint {
  readonly blueprint: Blueprint;
  /** The paths as they were opened, for errors. */
  readonly files: readonly string[];
  /** The shape of every tensor, by Hugging Face name (`model.layers.0.self_attn.q_proj.weight`). */
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  /**
   * Reads one tensor as fp32, row-major, in the Hugging Face layout: linears are [out, in], and the
   * rotary halves of GGUF's Llama family are put in order. The caller owns the array.
   *
   * @throws CheckpointError naming file and tensor.
   */
  readTensor(name: string): Promise<Float32Array>;
  /**
   * A tensor that is stored as int8 with one scale per row, as it is stored; undefined for tensors
   * that are stored otherwise. The caller owns the arrays.
   */
  readQuantized(name: string): Promise<QuantizedTensor | undefined>;
  /**
   * Whether a compact checkpoint keeps this tensor in floats because rounding it costs too much:
   * int8 graphs keep it in floats too.
   */
  staysFloat(name: string): boolean;
  close(): Promise<void>;
}

/** The int8 methods of a checkpoint without int8 tensors. */
export const floatTensors: Pick<Checkpoint, 'readQuantized' | 'staysFloat'> = {
  readQuantized: () => Promise.resolve(undefined),
  staysFloat: () => false,
};

/** A file that is malformed, truncated, hostile or unsupported; retrying cannot help. */
export class CheckpointError extends Error {
  override readonly name = 'CheckpointError';
}

export type Shape = readonly number[];

/** A place in a checkpoint: a file, and a part of it. */
export function within(file: string, part: string): string {
  return `${file}: ${part}`;
}

/** A name from a file, made safe for a message: escaped, and cut if it is very long. */
export function quote(name: string): string {
  const shown = name.length > 96 ? `${name.slice(0, 96)}...` : name;
  return JSON.stringify(shown);
}

/** Throws a CheckpointError that says where, what was found and what is allowed. */
export function refuse(where: string, what: string, found: unknown, allowed: string): never {
  const text = typeof found === 'bigint' ? found.toString() : show(found);
  throw new CheckpointError(`${where}: ${what} is ${text}; allowed: ${allowed}`);
}

function show(found: unknown): string {
  if (found === undefined) {
    return 'missing';
  }
  const text = typeof found === 'number' ? String(found) : JSON.stringify(found);
  return text.length > 160 ? `${text.slice(0, 160)}...` : text;
}
