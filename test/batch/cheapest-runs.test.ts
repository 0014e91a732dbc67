import { describe, expect, it } from '@jest/globals';
import { at } from '../../src/base/at.ts';
import { createRandom } from '../../src/base/random.ts';
import { cheapestRuns } from '../../src/batch/cheapest-runs.ts';

/** A run of lengths costs its number of items times its longest. */
function costOf(lengths: readonly number[], start: number, end: number): number {
  return (end - start) * Math.max(...lengths.slice(start, end));
}

function divide(lengths: readonly number[], maxRuns: number): number[] {
  return cheapestRuns(lengths.length, maxRuns, (end, offer) => {
    for (let start = end - 1; start >= 0; start--) {
      offer(start, costOf(lengths, start, end));
    }
  });
}

function totalOf(lengths: readonly number[], ends: readonly number[]): number {
  return ends.reduce((sum, end, i) => sum + costOf(lengths, i === 0 ? 0 : at(ends, i - 1), end), 0);
}

/** The least cost of all divisions, by trying each. */
function leastCost(lengths: readonly number[], maxRuns: number, start = 0): number {
  if (start === lengths.length) {
    return 0;
  }
  if (maxRuns === 0) {
    return Number.POSITIVE_INFINITY;
  }
  const ends = Array.from({ length: lengths.length - start }, (_, i) => start + 1 + i);
  return Math.min(
    ...ends.map((end) => costOf(lengths, start, end) + leastCost(lengths, maxRuns - 1, end)),
  );
}

describe('cheapestRuns', () => {
  it('cuts where the lengths jump', () => {
    expect(divide([1, 1, 1, 9, 9], 2)).toEqual([3, 5]);
    expect(divide([1, 1, 1, 9, 9], 1)).toEqual([5]);
  });

  it('takes fewer runs where more are no cheaper', () => {
    expect(divide([4, 4, 4], 3)).toEqual([3]);
  });

  it('divides nothing into no runs', () => {
    expect(divide([], 3)).toEqual([]);
  });

  it('finds the cheapest of all divisions', () => {
    const random = createRandom(7);
    for (let round = 0; round < 50; round++) {
      const lengths = Array.from({ length: 1 + (round % 8) }, () => 1 + Math.floor(9 * random()));
      const maxRuns = 1 + (round % 4);
      const ends = divide(lengths, maxRuns);
      expect(ends.length).toBeLessThanOrEqual(maxRuns);
      expect(ends.at(-1)).toBe(lengths.length);
      expect(totalOf(lengths, ends)).toBe(leastCost(lengths, maxRuns));
    }
  });
});
