import { describe, expect, test } from '@jest/globals';
import {
  dequantizeQ4K,
  dequantizeQ5K,
  dequantizeQ6K,
} from '../../../src/toolchain/files/dequantize-k.ts';
import { tensorStorage } from '../../../src/toolchain/files/tensor-type.ts';

/** Half-precision numbers, low byte first. */
const half = {
  one: [0x00, 0x3c],
  half: [0x00, 0x38],
  quarter: [0x00, 0x34],
};

function decode(kernel: typeof dequantizeQ4K, bytes: Uint8Array): Float32Array {
  const values = new Float32Array(256);
  kernel(new DataView(bytes.buffer), 0, values, 0);
  return values;
}

describe('a K-quant', () => {
  test('unpacks the 6-bit scales and minima of Q4_K', () => {
    const bytes = new Uint8Array(tensorStorage.Q4_K.blockBytes);
    bytes.set([...half.one, ...half.quarter]);
    // Sub-block 1: scale 3, minimum 4. Sub-block 5: scale 0b10_0001 = 33, minimum 0b11_0010 = 50.
    bytes.set([0, 0b10_000011, 0, 0, 0, 0b11_000100, 0, 0, 0, 0b0010_0001, 0, 0], 4);
    // Value 0 of sub-block 1 is 7, and value 31 of sub-block 5 is 2.
    bytes[16] = 0x70;
    bytes[16 + 64 + 31] = 0x20;
    const values = decode(dequantizeQ4K, bytes);
    expect(values[32]).toBe(3 * 7 - 0.25 * 4);
    expect(values[33]).toBe(-0.25 * 4);
    expect(values[32 * 5 + 31]).toBe(33 * 2 - 0.25 * 50);
    expect(values[0]).toBe(0);
  });

  test('adds the fifth bit in Q5_K', () => {
    const bytes = new Uint8Array(tensorStorage.Q5_K.blockBytes);
    // Sub-block 2: scale 2, minimum 1.
    bytes.set([...half.half, ...half.one, 0, 0, 2, 0, 0, 0, 1], 0);
    bytes[16 + 3] = 1 << 2;
    bytes[48 + 32 + 3] = 0x05;
    const values = decode(dequantizeQ5K, bytes);
    expect(values[64 + 3]).toBe(0.5 * 2 * (16 + 5) - 1);
    expect(values[64 + 4]).toBe(-1);
  });

  test('joins nibbles and bit pairs and centres Q6_K at 32', () => {
    const bytes = new Uint8Array(tensorStorage.Q6_K.blockBytes);
    bytes.set(half.half, 208);
    bytes.fill(1, 192, 208);
    // Scale -2 for values 208 to 223.
    bytes[192 + 13] = 0xfe;
    // Value 128 + 80 + 5 = 213: the high nibble of byte 64 + 21, and pair 2 of byte 32 + 21.
    bytes[64 + 21] = 0x90;
    bytes[128 + 32 + 21] = 0b11 << 4;
    const values = decode(dequantizeQ6K, bytes);
    expect(values[213]).toBe(0.5 * -2 * (9 + 48 - 32));
    expect(values[0]).toBe(0.5 * -32);
  });
});
