import { expect, test } from '@jest/globals';
import { bootstrapMean } from '../../src/eval/bootstrap.ts';

test('the interval of equal values is that value', () => {
  expect(bootstrapMean([0.5, 0.5, 0.5])).toEqual({ mean: 0.5, low: 0.5, high: 0.5 });
});

test('equal values and seed give equal intervals', () => {
  const values = Array.from({ length: 50 }, (_, i) => (i * 37) % 11);
  expect(bootstrapMean(values)).toEqual(bootstrapMean(values));
  expect(bootstrapMean(values, 2)).not.toEqual(bootstrapMean(values));
});

test('the interval of many coin tosses is near the normal approximation', () => {
  const tosses = Array.from({ length: 400 }, (_, i) => i % 2);
  const { mean, low, high } = bootstrapMean(tosses);
  // Standard error 0.5 / sqrt(400) = 0.025; 1.96 of them on each side.
  expect(mean).toBe(0.5);
  expect(low).toBeCloseTo(0.5 - 1.96 * 0.025, 2);
  expect(high).toBeCloseTo(0.5 + 1.96 * 0.025, 2);
});
