import { describe, expect, it, test } from '@jest/globals';
import { decodeHalf, halfBits, toHalf } from '../../../src/toolchain/numerics/half.ts';

describe('half precision', () => {
  it('rounds to nearest even, keeps signs, subnormals and the extremes', () => {
    const cases: [number, number][] = [
      [0, 0x0000],
      [-0, 0x8000],
      [1, 0x3c00],
      [-2, 0xc000],
      [65_504, 0x7bff],
      [65_519, 0x7bff],
      [65_520, 0x7c00],
      [1 + 2 ** -11, 0x3c00],
      [1 + 3 * 2 ** -11, 0x3c02],
      [2 ** -14, 0x0400],
      [2 ** -24, 0x0001],
      [2 ** -25, 0x0000],
      [3 * 2 ** -25, 0x0002],
      [Infinity, 0x7c00],
      [NaN, 0x7e00],
    ];
    expect(cases.map(([value]) => halfBits(value))).toEqual(cases.map(([, bits]) => bits));
  });

  it('says which value does not fit', () => {
    expect(toHalf(Float32Array.of(1, -70_000, 2))).toEqual({ ok: false, index: 1 });
  });
});

test('decodes halves at their edges', () => {
  expect(decodeHalf(0x0001)).toBe(2 ** -24);
  expect(decodeHalf(0x03ff)).toBe(1023 * 2 ** -24);
  expect(decodeHalf(0x0400)).toBe(2 ** -14);
  expect(decodeHalf(0x7bff)).toBe(65_504);
  expect(decodeHalf(0x8000)).toBe(-0);
  expect(decodeHalf(0xfc00)).toBe(-Infinity);
  expect(decodeHalf(0x7e00)).toBeNaN();
});
