/** How the numbers of a tensor are stored: in blocks that never cross a row. */
export type TensorType =
  | 'F32'
  | 'F16'
  | 'BF16'
  | 'I8'
  | 'Q8_0'
  | 'Q4_0'
  | 'Q4_1'
  | 'Q5_0'
  | 'Q5_1'
  | 'IQ4_NL'
  | 'Q4_K'
  | 'Q5_K'
  | 'Q6_K';

interface TensorStorage {
  readonly blockValues: number;
  readonly blockBytes: number;
}

export const tensorStorage: Readonly<Record<TensorType, TensorStorage>> = {
  F32: { blockValues: 1, blockBytes: 4 },
  F16: { blockValues: 1, blockBytes: 2 },
  BF16: { blockValues: 1, blockBytes: 2 },
  /** Integers whose scale is in another tensor. */
  I8: { blockValues: 1, blockBytes: 1 },
  Q8_0: { blockValues: 32, blockBytes: 34 },
  Q4_0: { blockValues: 32, blockBytes: 18 },
  Q4_1: { blockValues: 32, blockBytes: 20 },
  Q5_0: { blockValues: 32, blockBytes: 22 },
  Q5_1: { blockValues: 32, blockBytes: 24 },
  IQ4_NL: { blockValues: 32, blockBytes: 18 },
  Q4_K: { blockValues: 256, blockBytes: 144 },
  Q5_K: { blockValues: 256, blockBytes: 176 },
  Q6_K: { blockValues: 256, blockBytes: 210 },
};

/**
 * The place of a tensor in its file and its type. Shapes are row-major: slowest dimension first.
 */
export interface StoredTensor {
  readonly name: string;
  readonly type: TensorType;
  readonly shape: readonly number[];
  /** In bytes from the start of the file. */
  readonly offset: number;
  readonly byteLength: number;
}

export function countValues(shape: readonly number[]): number {
  return shape.reduce((product, dimension) => product * dimension, 1);
}
