import type { Blueprint } from '../../model/manifest.ts';
import type { QuantizedTensor } from '../numerics/quantize-channels.ts';

/** Weights as read: a GGUF file or a Hugging Face folder, behind one face. */
export interface Checkpoint {
  readonly blueprint: Blueprint;
  /** Paths as they were opened, for errors. */
  readonly files: readonly string[];
  /** Hugging Face tensor names present (`model.layers.0.self_attn.q_proj.weight`, ...), with shapes. */
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  /**
   * One tensor as fp32, row-major, [out, in] for linears, in the Hugging Face layout whatever the file's own
   * (rotary halves un-permuted for GGUF's Llama family). The caller owns the array.
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

/** A file that is malformed, truncated, hostile, or not supported. Permanent: retrying cannot help. */
export class CheckpointError extends Error {
  override readonly name = 'CheckpointError';
}

export type Shape = readonly number[];

/** Where in a checkpoint: a file, and what in it. */
export function within(file: string, part: string): string {
  return `${file}: ${part}`;
}

/** A name that came from a file, fit for a message: escaped, and cut if it is absurdly long. */
export function quote(name: string): string {
  const shown = name.length > 96 ? `${name.slice(0, 96)}...` : name;
  return JSON.stringify(shown);
}

/** Ends the reading of a checkpoint: where, what was wrong, what was found, what is allowed. */
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
