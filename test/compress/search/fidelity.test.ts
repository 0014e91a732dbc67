import { expect, test } from '@jest/globals';
import { divergence, probabilityShift, rewardOf } from '../../../src/compress/search/fidelity.ts';

const logit = (p: number) => Math.log(p / (1 - p));
const margins = (...probabilities: readonly number[]) => Float64Array.from(probabilities, logit);

test('divergence is KL(shorter || original), the mean over probes', () => {
  const one = 0.9 * Math.log(0.9 / 0.5) + 0.1 * Math.log(0.1 / 0.5);
  expect(divergence(margins(0.9, 0.3), margins(0.5, 0.3))).toBeCloseTo(one / 2);
  const other = 0.5 * Math.log(0.5 / 0.9) + 0.5 * Math.log(0.5 / 0.1);
  expect(divergence(margins(0.5), margins(0.9))).toBeCloseTo(other);
  expect(divergence(Float64Array.of(-900), Float64Array.of(900))).toBeLessThan(20);
});

test('the shift is the mean absolute difference of p(yes)', () => {
  expect(probabilityShift(margins(0.9, 0.2), margins(0.5, 0.4))).toBeCloseTo(0.3);
});

test('the reward penalizes the square of the share of tokens', () => {
  expect(rewardOf(0.02, { tokens: 20, rawTokens: 200 }, 0.4)).toBeCloseTo(-0.02 - 0.4 * 0.01);
  expect(rewardOf(0, { tokens: 0, rawTokens: 0 }, 0.4)).toBeCloseTo(0);
});
