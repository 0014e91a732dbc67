import { at } from '../../base/at.ts';
import { dequantizeQ4K, dequantizeQ5K, dequantizeQ6K } from './dequantize-k.ts';
import { readHalf } from '../numerics/half.ts';
import { type TensorType, tensorStorage } from './tensor-type.ts';

/**
 * Decodes the block at byte `start` into `blockValues` numbers from `values[to]` on. Scales are
 * halves and quants are small integers, so their products are exact in a double and storing them as
 * fp32 rounds once, as the reference does.
 */
type BlockKernel = (block: DataView, start: number, values: Float32Array, to: number) => void;

const kernels: Readonly<Record<TensorType, BlockKernel>> = {
  F32: (block, start, values, to) => {
    values[to] = block.getFloat32(start, true);
  },
  F16: (block, start, values, to) => {
    values[to] = readHalf(block, start);
  },
  BF16: dequantizeBf16,
  I8: (block, start, values, to) => {
    values[to] = block.getInt8(start);
  },
  Q8_0: dequantizeQ8,
  Q4_0: dequantizeQ40,
  Q4_1: dequantizeQ41,
  Q5_0: dequantizeQ50,
  Q5_1: dequantizeQ51,
  IQ4_NL: dequantizeIq4,
  Q4_K: dequantizeQ4K,
  Q5_K: dequantizeQ5K,
  Q6_K: dequantizeQ6K,
};

/** Decodes whole blocks into `values`, which has room for exactly their numbers. */
export function dequantize(type: TensorType, bytes: Uint8Array, values: Float32Array): void {
  const { blockValues, blockBytes } = tensorStorage[type];
  const kernel = kernels[type];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let start = 0, to = 0; start < bytes.length; start += blockBytes, to += blockValues) {
    kernel(view, start, values, to);
  }
}

/** A bfloat16 is the upper half of an fp32. */
const word = new DataView(new ArrayBuffer(4));
function dequantizeBf16(block: DataView, start: number, values: Float32Array, to: number): void {
  word.setUint16(0, block.getUint16(start, true));
  values[to] = word.getFloat32(0);
}

/** 34 bytes, 32 values: d half, then q int8[32]. value = d q */
function dequantizeQ8(block: DataView, start: number, values: Float32Array, to: number): void {
  const d = readHalf(block, start);
  for (let i = 0; i < 32; i++) {
    values[to + i] = d * block.getInt8(start + 2 + i);
  }
}

/**
 * 18 bytes, 32 values: d half, then 16 bytes: low nibbles q[0..15], high nibbles q[16..31].
 * value = d (q - 8)
 */
function dequantizeQ40(block: DataView, start: number, values: Float32Array, to: number): void {
  const d = readHalf(block, start);
  for (let i = 0; i < 16; i++) {
    const q = block.getUint8(start + 2 + i);
    values[to + i] = d * ((q & 15) - 8);
    values[to + 16 + i] = d * ((q >> 4) - 8);
  }
}

/** 20 bytes, 32 values: d half, m half, then nibbles as in Q4_0. value = d q + m */
function dequantizeQ41(block: DataView, start: number, values: Float32Array, to: number): void {
  const d = readHalf(block, start);
  const m = readHalf(block, start + 2);
  for (let i = 0; i < 16; i++) {
    const q = block.getUint8(start + 4 + i);
    values[to + i] = d * (q & 15) + m;
    values[to + 16 + i] = d * (q >> 4) + m;
  }
}

/**
 * 22 bytes, 32 values: d half, fifth bits uint32 (bit i of value i), then nibbles as in Q4_0.
 * value = d (q - 16)
 */
function dequantizeQ50(block: DataView, start: number, values: Float32Array, to: number): void {
  const d = readHalf(block, start);
  const fifths = block.getUint32(start + 2, true);
  for (let i = 0; i < 16; i++) {
    const q = block.getUint8(start + 6 + i);
    values[to + i] = d * (((q & 15) | fifthBit(fifths, i)) - 16);
    values[to + 16 + i] = d * (((q >> 4) | fifthBit(fifths, 16 + i)) - 16);
  }
}

/** 24 bytes, 32 values: d half, m half, fifth bits and nibbles as in Q5_0. value = d q + m */
function dequantizeQ51(block: DataView, start: number, values: Float32Array, to: number): void {
  const d = readHalf(block, start);
  const m = readHalf(block, start + 2);
  const fifths = block.getUint32(start + 4, true);
  for (let i = 0; i < 16; i++) {
    const q = block.getUint8(start + 8 + i);
    values[to + i] = d * ((q & 15) | fifthBit(fifths, i)) + m;
    values[to + 16 + i] = d * ((q >> 4) | fifthBit(fifths, 16 + i)) + m;
  }
}

/** The fifth bit of value `i`, shifted to its place above a nibble. */
function fifthBit(fifths: number, i: number): number {
  return ((fifths >>> i) & 1) << 4;
}

/** The values of the nibbles of IQ4_NL: denser near zero, where most weights are. */
const unevenSteps = Int8Array.from([
  -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113,
]);

/** 18 bytes, 32 values: d half, then nibbles as in Q4_0. value = d step[q] */
function dequantizeIq4(block: DataView, start: number, values: Float32Array, to: number): void {
  const d = readHalf(block, start);
  for (let i = 0; i < 16; i++) {
    const q = block.getUint8(start + 2 + i);
    values[to + i] = d * at(unevenSteps, q & 15);
    values[to + 16 + i] = d * at(unevenSteps, q >> 4);
  }
}
