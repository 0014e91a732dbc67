import { describe, expect, it } from '@jest/globals';
import {
  shareByKeyHead,
  smoothingFactors,
} from '../../../src/toolchain/quantize/channel-factors.ts';
import { InputSample } from '../../../src/toolchain/calibrate/input-sample.ts';
import { meanRowError } from '../../../src/toolchain/quantize/quantized-product.ts';
import { tinyBlueprint } from '../../support/models/tiny-model.ts';

describe('smoothing factors', () => {
  const maxima = Float32Array.of(16, 4, 1);
  // Largest by column: 1, 4, 1.
  const weights = [Float32Array.of(1, -4, 0.5, 0.5, 2, 1), Float32Array.of(0, 0, -1)];

  it('move half of the range in the logarithm, by the largest of all weights', () => {
    // Roots of 16 / 1, 4 / 4, 1 / 1: 4, 1, 1; their geometric mean is 4^(1/3).
    const mean = Math.cbrt(4);
    const found = smoothingFactors({ maxima, weights }, 0.5);
    [4 / mean, 1 / mean, 1 / mean].forEach((factor, i) => expect(found[i]).toBeCloseTo(factor, 5));
  });

  it('even activations out when all of it moves', () => {
    const found = smoothingFactors({ maxima, weights }, 1);
    const evened = maxima.map((value, i) => value / (found[i] ?? NaN));
    evened.forEach((value) => expect(value).toBeCloseTo(evened[0] ?? NaN, 5));
  });

  it('leave what never fires, or nothing reads, alone', () => {
    const idle = { maxima: Float32Array.of(0, 4, 4), weights: [Float32Array.of(1, 1, 0)] };
    expect([...smoothingFactors(idle, 0.5)]).toEqual([1, 1, 1]);
  });

  it('are one for the query heads of a key head', () => {
    const blueprint = { ...tinyBlueprint('llama'), heads: 4, kvHeads: 2, headDim: 2 };
    const found = shareByKeyHead(Float32Array.of(1, 2, 4, 8, 9, 1, 1, 4), blueprint);
    [2, 4, 2, 4, 3, 2, 3, 2].forEach((factor, i) => expect(found[i]).toBeCloseTo(factor, 5));
  });
});

describe('a sample of inputs', () => {
  it('has the largest magnitude of each channel, sums of products, and rows evenly from all', () => {
    const sample = new InputSample({ channels: 2, tokens: 6, sampled: 3 });
    sample.add(Float32Array.of(0, -9, 1, 1, 2, 2), Float32Array.of(5, 5, 5, 86));
    sample.add(Float32Array.of(3, 3, 4, 4, -5, 5), Float32Array.of(50, 0, 0, 50));
    expect([...sample.maxima]).toEqual([5, 9]);
    expect([...sample.gram]).toEqual([55, 5, 5, 136]);
    expect([...sample.rows]).toEqual([0, -9, 2, 2, 4, 4]);
  });

  it('has all rows when there are no more than wanted', () => {
    const sample = new InputSample({ channels: 1, tokens: 3, sampled: 8 });
    sample.add(Float32Array.of(1, 2, 3), Float32Array.of(14));
    expect([...sample.rows]).toEqual([1, 2, 3]);
  });
});

describe('the error of products', () => {
  it('counts a row of huge values as one row, and one of zeros not at all', () => {
    const exact = Float32Array.of(1000, 0, 1, 0, 0, 0);
    const found = Float32Array.of(1100, 0, 1, 0.2, 0, 0);
    expect(meanRowError(exact, found, 3)).toBeCloseTo((0.01 + 0.04 + 0) / 3, 6);
  });
});
