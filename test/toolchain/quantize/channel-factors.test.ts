import { describe, expect, it } from '@jest/globals';
import { at } from '../../../src/base/at.ts';
import {
  shareByKeyHead,
  smoothingFactors,
} from '../../../src/toolchain/quantize/channel-factors.ts';
import { tinyBlueprint } from '../../support/models/tiny-model.ts';

describe('smoothing factors', () => {
  const maxima = Float32Array.of(16, 4, 1);
  // Largest by column: 1, 4, 1.
  const weights = [Float32Array.of(1, -4, 0.5, 0.5, 2, 1), Float32Array.of(0, 0, -1)];

  it('are by hand for the exponent 0.5 and two matrices', () => {
    // Roots of 16 / 1, 4 / 4, 1 / 1: 4, 1, 1; their geometric mean is 4^(1/3).
    const mean = Math.cbrt(4);
    const found = smoothingFactors({ maxima, weights }, 0.5);
    [4 / mean, 1 / mean, 1 / mean].forEach((factor, i) => expect(found[i]).toBeCloseTo(factor, 5));
  });

  it('make all activations equally large when the exponent is 1', () => {
    const found = smoothingFactors({ maxima, weights }, 1);
    const scaled = maxima.map((value, i) => value / at(found, i));
    scaled.forEach((value) => expect(value).toBeCloseTo(at(scaled, 0), 5));
  });

  it('are 1 for channels that are always 0, or whose weights are all 0', () => {
    const idle = { maxima: Float32Array.of(0, 4, 4), weights: [Float32Array.of(1, 1, 0)] };
    expect([...smoothingFactors(idle, 0.5)]).toEqual([1, 1, 1]);
  });

  it('are shared by the query heads of a key head', () => {
    const blueprint = { ...tinyBlueprint('llama'), heads: 4, kvHeads: 2, headDim: 2 };
    const found = shareByKeyHead(Float32Array.of(1, 2, 4, 8, 9, 1, 1, 4), blueprint);
    [2, 4, 2, 4, 3, 2, 3, 2].forEach((factor, i) => expect(found[i]).toBeCloseTo(factor, 5));
  });
});
