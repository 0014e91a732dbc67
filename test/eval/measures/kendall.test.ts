import { describe, expect, test } from '@jest/globals';
import { kendallTau } from '../../../src/eval/measures/kendall.ts';

describe('kendallTau', () => {
  test('is 1 for the same order, whatever the distances, and -1 for the reverse', () => {
    expect(kendallTau([1, 2, 3, 4], [-5, 0, 0.1, 90])).toBe(1);
    expect(kendallTau([1, 2, 3, 4], [4, 3, 2, 1])).toBe(-1);
  });

  // By hand: of six pairs, five agree and one is swapped.
  test('counts the pairs that agree less those that do not', () => {
    expect(kendallTau([1, 2, 3, 4], [1, 3, 2, 4])).toBeCloseTo(4 / 6, 12);
  });

  // By hand: two pairs agree, the third is tied in b: 2 / sqrt(3 * 2).
  test('corrects for ties', () => {
    expect(kendallTau([1, 2, 3], [1, 2, 2])).toBeCloseTo(2 / Math.sqrt(6), 12);
  });

  test('is 0 when a list has one value only', () => {
    expect(kendallTau([1, 1, 1], [1, 2, 3])).toBe(0);
    expect(kendallTau([], [])).toBe(0);
  });
});
