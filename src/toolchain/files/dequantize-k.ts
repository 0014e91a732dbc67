import { readHalf } from '../numerics/half.ts';

/*
 * GGML's K-quants: super-blocks of 256 values. Q4_K and Q5_K have 8 sub-blocks of 32, each with a
 * 6-bit scale and a 6-bit minimum; Q6_K has 16 sub-blocks of 16 with an 8-bit scale.
 *
 * The 12 bytes that hold the 6-bit numbers, highest bit first:
 *   0..3   s[i+4] bits 5-4 | s[i]            i = 0..3
 *   4..7   m[i+4] bits 5-4 | m[i]
 *   8..11  m[i+4] bits 3-0 | s[i+4] bits 3-0
 */

interface SubBlock {
  readonly scale: number;
  readonly minimum: number;
}

/** Scale and minimum of sub-block `s`; the 12 bytes begin at `start`. */
function unpackSubBlock(block: DataView, start: number, s: number): SubBlock {
  if (s < 4) {
    return { scale: block.getUint8(start + s) & 63, minimum: block.getUint8(start + 4 + s) & 63 };
  }
  const low = block.getUint8(start + 4 + s);
  return {
    scale: (low & 15) | ((block.getUint8(start + s - 4) >> 6) << 4),
    minimum: (low >> 4) | ((block.getUint8(start + s) >> 6) << 4),
  };
}

/**
 * 144 bytes: d half, dmin half, scales and minima [12], quants [128]. Bytes 32c to 32c + 31 of the
 * quants hold sub-block 2c in their low nibbles and 2c + 1 in their high ones.
 * value = d scale q - dmin minimum
 */
export function dequantizeQ4K(
  block: DataView,
  start: number,
  values: Float32Array,
  to: number,
): void {
  const d = readHalf(block, start);
  const dmin = readHalf(block, start + 2);
  for (let s = 0; s < 8; s++) {
    const { scale, minimum } = unpackSubBlock(block, start + 4, s);
    const quants = start + 16 + 32 * (s >> 1);
    const shift = 4 * (s & 1);
    for (let i = 0; i < 32; i++) {
      const q = (block.getUint8(quants + i) >> shift) & 15;
      values[to + 32 * s + i] = d * scale * q - dmin * minimum;
    }
  }
}

/**
 * 176 bytes: d half, dmin half, scales and minima [12], fifth bits [32], quants [128] as in Q4_K.
 * Bit s of fifth byte i belongs to value i of sub-block s.
 * value = d scale q - dmin minimum
 */
export function dequantizeQ5K(
  block: DataView,
  start: number,
  values: Float32Array,
  to: number,
): void {
  const d = readHalf(block, start);
  const dmin = readHalf(block, start + 2);
  for (let s = 0; s < 8; s++) {
    const { scale, minimum } = unpackSubBlock(block, start + 4, s);
    const quants = start + 48 + 32 * (s >> 1);
    const shift = 4 * (s & 1);
    for (let i = 0; i < 32; i++) {
      const fifth = (block.getUint8(start + 16 + i) >> s) & 1;
      const q = ((block.getUint8(quants + i) >> shift) & 15) | (fifth << 4);
      values[to + 32 * s + i] = d * scale * q - dmin * minimum;
    }
  }
}

/**
 * 210 bytes: low nibbles [128], upper bit pairs [64], scales int8 [16], d half. Each half of 128
 * values has 64 bytes of nibbles (low: values 0..63, high: 64..127) and 32 bytes of pairs (pair p
 * of byte i: value 32p + i).
 * value = d scale (q - 32)
 */
export function dequantizeQ6K(
  block: DataView,
  start: number,
  values: Float32Array,
  to: number,
): void {
  const d = readHalf(block, start + 208);
  for (let i = 0; i < 256; i++) {
    const half = i >> 7;
    const r = i & 127;
    const low = (block.getUint8(start + 64 * half + (r & 63)) >> (4 * (r >> 6))) & 15;
    const high = (block.getUint8(start + 128 + 32 * half + (r & 31)) >> (2 * (r >> 5))) & 3;
    const scale = block.getInt8(start + 192 + (i >> 4));
    values[to + i] = d * scale * ((low | (high << 4)) - 32);
  }
}
