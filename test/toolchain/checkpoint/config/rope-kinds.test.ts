import { describe, expect, it } from '@jest/globals';
import {
  linearScaling,
  llama3Scaling,
  orNone,
  yarnAttention,
  yarnScaling,
} from '../../../../src/toolchain/checkpoint/config/rope-kinds.ts';

// The frequencies are 1, 0.1, 0.01 and 0.001.
const base = { theta: 10_000, headDim: 8 };

describe('scaled rope', () => {
  it('is linear with one divisor for all frequencies', () => {
    expect(linearScaling(base, 4)).toEqual({ divisors: [4, 4, 4, 4], attentionFactor: 1 });
  });

  it('of Llama 3 keeps fast frequencies, divides slow ones, and blends between', () => {
    // 200 pi tokens are 100, 10, 1 and 0.1 turns.
    const { divisors } = llama3Scaling(base, {
      factor: 8,
      lowFrequency: 1,
      highFrequency: 19,
      originalTokens: 200 * Math.PI,
    });
    expect(divisors[0]).toBe(1);
    // Half kept: 1 / (0.5 / 8 + 0.5).
    expect(divisors[1]).toBeCloseTo(16 / 9, 9);
    expect(divisors[2]).toBeCloseTo(8, 9);
    expect(divisors[3]).toBe(8);
  });

  it('of YaRN blends by the index of the frequency', () => {
    // One turn in 20 pi tokens has index 1, and in 2,000 pi tokens index 3.
    const options = {
      factor: 4,
      originalTokens: 2000 * Math.PI,
      betaFast: 100,
      betaSlow: 1,
      isTruncated: false,
      attentionFactor: 1.5,
    };
    const { divisors, attentionFactor } = yarnScaling(base, options);
    [1, 1, 1 / (0.5 / 4 + 0.5), 4].forEach((divisor, i) => {
      expect(divisors[i]).toBeCloseTo(divisor, 9);
    });
    expect(attentionFactor).toBe(1.5);
  });

  it('of YaRN sharpens attention by the logarithm of the factor', () => {
    expect(yarnAttention(1)).toBe(1);
    expect(yarnAttention(Math.E)).toBeCloseTo(1.1, 12);
    expect(yarnAttention(Math.E, 3)).toBeCloseTo(1.3, 12);
  });

  it('is none when it changes nothing', () => {
    expect(orNone(linearScaling(base, 1))).toBeUndefined();
    const sharper = { divisors: [1], attentionFactor: 2 };
    expect(orNone(sharper)).toBe(sharper);
  });
});
