import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  dequantizeChannels,
  findUnsafePair,
  type QuantizedTensor,
  quantizeLinear,
  quantizeTable,
} from '../../../src/toolchain/numerics/quantize-channels.ts';
import { createRandom } from '../../../src/base/random.ts';

/** Near to normal, as weights are. */
function weights(count: number): Float32Array {
  const random = createRandom(count);
  const draw = () => Array.from({ length: 6 }, random).reduce((a, b) => a + b, -3);
  return Float32Array.from({ length: count }, draw);
}

function squaredError(values: Float32Array, quantized: QuantizedTensor): number {
  const found = dequantizeChannels(quantized);
  return values.reduce((sum, value, i) => sum + (value - (found[i] ?? NaN)) ** 2, 0);
}

describe('a table in int8', () => {
  it('has one scale per row, with the largest value at 127 steps', () => {
    const { values, scales } = quantizeTable(Float32Array.of(127, -63.6, 0.4, 2, -4, 0), 3);
    expect([...scales]).toEqual([1, Math.fround(4 / 127)]);
    expect([...values]).toEqual([127, -64, 0, 64, -127, 0]);
  });

  it('keeps a row of zeros, and one too small for a scale, as zeros', () => {
    const quantized = quantizeTable(Float32Array.of(0, 0, 1e-40, 0), 2);
    expect([...quantized.scales]).toEqual([1, 1]);
    expect([...dequantizeChannels(quantized)]).toEqual([0, 0, 0, 0]);
  });
});

describe('linear weights in int8', () => {
  it('limit each pair of neighbours to 128 steps', () => {
    const random = fc.float({ min: -4, max: 4, noNaN: true });
    fc.assert(
      fc.property(fc.array(random, { minLength: 3, maxLength: 48 }), (row) => {
        const { values } = quantizeLinear(Float32Array.from(row), row.length);
        expect(findUnsafePair(values, row.length)).toBeUndefined();
        expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(127);
      }),
    );
  });

  it('use all 127 steps when no pair exceeds the limit', () => {
    const { values, scales } = quantizeLinear(Float32Array.of(127, 1, 64, -127), 4);
    expect([...values]).toEqual([127, 1, 64, -127]);
    expect([...scales]).toEqual([1]);
  });

  it('use coarser steps instead of cutting two large neighbours', () => {
    const { values, scales } = quantizeLinear(Float32Array.of(1, 1, -0.5, 0.25), 4);
    expect([...values]).toEqual([64, 64, -32, 16]);
    expect([...scales]).toEqual([1 / 64]);
  });

  it('lose less than 7-bit weights, which are also safe', () => {
    const values = weights(64 * 256);
    const sevenBits = new Float32Array(values.length);
    for (let row = 0; row < values.length; row += 256) {
      const step = Math.max(...values.subarray(row, row + 256).map(Math.abs)) / 63;
      for (let i = row; i < row + 256; i++) {
        sevenBits[i] = Math.round((values[i] ?? 0) / step) * step;
      }
    }
    const lost = values.reduce((sum, value, i) => sum + (value - (sevenBits[i] ?? NaN)) ** 2, 0);
    expect(squaredError(values, quantizeLinear(values, 256))).toBeLessThan(0.75 * lost);
  });

  it('are searched for unsafe pairs row by row', () => {
    expect(findUnsafePair(Int8Array.of(0, 100, 100, 0, 1, 64), 3)).toBeUndefined();
    expect(findUnsafePair(Int8Array.of(0, 1, 2, 127, 2, 3), 3)).toBe(3);
    expect(findUnsafePair(Int8Array.of(-64, -65), 2)).toBe(0);
    expect(findUnsafePair(Int8Array.of(-127, 127), 2)).toBeUndefined();
  });
});
