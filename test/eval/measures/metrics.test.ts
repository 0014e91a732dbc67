import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { dcg, gain, ndcg, reciprocalRank } from '../../../src/eval/measures/metrics.ts';

describe('gain', () => {
  test('is 2^grade - 1, and 0 for grades of at most 0', () => {
    expect([-2, -1, 0, 1, 2, 3, 4].map(gain)).toEqual([0, 0, 0, 1, 3, 7, 15]);
  });
});

describe('dcg and ndcg', () => {
  // By hand: discounts 1, 1/log2(3) = 0.63093, 1/2, 1/log2(5) = 0.43068.
  test('equal the hand-computed case', () => {
    expect(dcg([3, 2, 0, 1], 10)).toBeCloseTo(7 + 3 * 0.63093 + 0 + 0.43068, 4);
    expect(ndcg([0, 1, 3], [3, 1, 0], 10)).toBeCloseTo((0.63093 + 7 * 0.5) / (7 + 0.63093), 4);
  });

  test('count only the first k places', () => {
    expect(dcg([0, 0, 4], 2)).toBe(0);
    expect(ndcg([1, 0, 4], [4, 1, 0], 1)).toBeCloseTo(1 / 15, 12);
  });

  test('take the ideal over all judged texts, including those that the run lacks', () => {
    // Only one of two relevant texts was found: 1 / (1 + 0.63093).
    expect(ndcg([1], [1, 1], 10)).toBeCloseTo(0.61315, 4);
  });

  test('are 0 when nothing judged is relevant', () => {
    expect(ndcg([0, 0], [0, 0, -1], 10)).toBe(0);
  });

  test('ndcg is within 0 and 1, and 1 for the ideal order', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1 }), (grades) => {
        const value = ndcg(grades, grades, 10);
        expect(value).toBeGreaterThanOrEqual(0);
        expect(value).toBeLessThanOrEqual(1 + 1e-12);
        const ideal = ndcg(
          [...grades].sort((a, b) => b - a),
          grades,
          10,
        );
        expect(ideal).toBe(grades.some((grade) => grade > 0) ? 1 : 0);
      }),
    );
  });
});

describe('reciprocalRank', () => {
  test('is one over the first relevant place', () => {
    expect(reciprocalRank([0, 0, 1, 4], 10, 1)).toBe(1 / 3);
    expect(reciprocalRank([4, 0], 10, 1)).toBe(1);
  });

  test('ignores places after k and grades below the given one', () => {
    expect(reciprocalRank([0, 0, 4], 2, 1)).toBe(0);
    expect(reciprocalRank([1, 2, 3, 4], 10, 3)).toBe(1 / 3);
    expect(reciprocalRank([1, 2], 10, 3)).toBe(0);
  });
});
