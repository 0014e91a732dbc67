import { expect, test } from '@jest/globals';
import { compareAnswers, kendallTau } from '../../../src/eval/measures/kept-answers.ts';

test('kendallTau counts pairs in the same order, less those in the other; ties count nothing', () => {
  expect(kendallTau([1, 2, 3], [10, 20, 30])).toBe(1);
  expect(kendallTau([1, 2, 3], [3, 2, 1])).toBe(-1);
  expect(kendallTau([1, 2, 3], [1, 3, 2])).toBeCloseTo(1 / 3);
  expect(kendallTau([1, 1, 2], [1, 2, 3])).toBeCloseTo(2 / 3);
  expect(kendallTau([1], [1])).toBe(0);
});

test('compareAnswers takes means over texts, and the order of texts by the common queries', () => {
  const logit = (p: number) => Math.log(p / (1 - p));
  const original = [0.2, 0.4, 0.6].map((p) => Float64Array.of(logit(0.5), logit(p)));
  const shorter = [0.4, 0.3, 0.6].map((p) => Float64Array.of(logit(0.5), logit(p)));
  const { kl, dp, dpAtP90, tau } = compareAnswers(shorter, original, 1);
  expect(dp).toBeCloseTo((0.1 + 0.05 + 0) / 3);
  expect(dpAtP90).toBeCloseTo(0.1);
  expect(tau).toBeCloseTo(1 / 3);
  expect(kl).toBeGreaterThan(0);
  expect(compareAnswers(original, original, 1)).toEqual({ kl: 0, dp: 0, dpAtP90: 0, tau: 1 });
});
