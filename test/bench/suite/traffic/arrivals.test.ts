import { describe, expect, test } from '@jest/globals';
import { lengthOf, poissonArrivals } from '../../../../bench/suite/traffic/arrivals.ts';
import { drawShape } from '../../../../bench/suite/traffic/shapes.ts';
import { at } from '../../../../src/base/at.ts';
import { createRandom } from '../../../../src/base/random.ts';

describe('Poisson arrivals', () => {
  const arrivals = poissonArrivals([{ seconds: 1000, perSecond: 20 }], createRandom(7));
  const gaps = arrivals.map((atMs, i) => (i === 0 ? atMs : atMs - at(arrivals, i - 1)));

  test('have the mean rate, ascend, and end in time', () => {
    expect(arrivals.length / 1000).toBeCloseTo(20, 0);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(0);
    expect(arrivals.at(-1)).toBeLessThan(1_000_000);
  });

  test('have exponential gaps: the deviation is the mean, and 1/e of the gaps exceed it', () => {
    const mean = gaps.reduce((a, b) => a + b, 0) / gaps.length;
    const variance = gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length;
    expect(Math.sqrt(variance) / mean).toBeCloseTo(1, 1);
    expect(gaps.filter((gap) => gap > mean).length / gaps.length).toBeCloseTo(Math.exp(-1), 1);
  });

  test('are equal for equal seeds, and differ for different ones', () => {
    const draw = (seed: number) =>
      poissonArrivals([{ seconds: 5, perSecond: 10 }], createRandom(seed));
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
  });

  test('follow the rate of each stretch, which may be 0', () => {
    const stretches = [
      { seconds: 100, perSecond: 5 },
      { seconds: 50, perSecond: 0 },
      { seconds: 100, perSecond: 50 },
    ];
    const all = poissonArrivals(stretches, createRandom(3));
    const within = (from: number, to: number) =>
      all.filter((atMs) => atMs >= 1000 * from && atMs < 1000 * to).length;
    expect(within(0, 100) / 100).toBeCloseTo(5, -1);
    expect(within(100, 150)).toBe(0);
    expect(Math.abs(within(150, 250) / 100 - 50)).toBeLessThan(3);
    expect(lengthOf(stretches)).toBe(250);
  });
});

describe('lengths', () => {
  const random = createRandom(5);

  test('of a fixed number of candidates are log-normal around the median, and bounded', () => {
    const mix = { candidates: 2000, medianTokens: 20, spread: 0.35, mostTokens: 60 };
    const lengths = drawShape(mix, random).candidateTokens.toSorted((a, b) => a - b);
    expect(lengths).toHaveLength(2000);
    expect(Math.abs(at(lengths, 1000) - 20)).toBeLessThanOrEqual(1);
    // One deviation above the median is 20 e^0.35 = 28.4.
    expect(Math.abs(at(lengths, Math.round(2000 * 0.841)) - 28.4)).toBeLessThan(2);
    expect(lengths[0]).toBeGreaterThanOrEqual(1);
    expect(lengths.at(-1)).toBeLessThanOrEqual(60);
  });

  test('with a range of candidates use the whole range', () => {
    const mix = { candidates: [5, 200], medianTokens: 20, spread: 1, mostTokens: 512 } as const;
    const counts = Array.from({ length: 300 }, () => drawShape(mix, random).candidateTokens.length);
    expect(Math.min(...counts)).toBeGreaterThanOrEqual(5);
    expect(Math.min(...counts)).toBeLessThan(12);
    expect(Math.max(...counts)).toBeGreaterThan(150);
    expect(Math.max(...counts)).toBeLessThanOrEqual(200);
  });
});
