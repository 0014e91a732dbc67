import { expect, test } from '@jest/globals';
import { bootstrapChange, bootstrapMean } from '../../../src/eval/measures/bootstrap.ts';

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

test.each([
  [
    'of pairs that all fell by a tenth',
    [1, 0.5, 0.25].map((reference) => ({ reference, found: 0.9 * reference })),
    { mean: -0.1, low: -0.1, high: -0.1 },
  ],
  [
    // A quarter of draws have only the first, a quarter only the second.
    'of one query that kept all and one that lost all',
    [
      { reference: 1, found: 1 },
      { reference: 1, found: 0 },
    ],
    { mean: -0.5, low: -1, high: 0 },
  ],
  [
    // The means' change, (1 + 0.5 - 1.25) / 1.25, and not the mean of the queries' changes.
    'of queries that weigh differently',
    [
      { reference: 1, found: 1 },
      { reference: 0.25, found: 0.5 },
    ],
    { mean: 0.2, low: 0, high: 1 },
  ],
  [
    'of queries where the reference found nothing',
    [{ reference: 0, found: 1 }],
    { mean: 0, low: 0, high: 0 },
  ],
])('the relative change %s', (_, pairs, { mean, low, high }) => {
  const change = bootstrapChange(pairs);
  expect(change.mean).toBeCloseTo(mean, 12);
  expect(change.low).toBeCloseTo(low, 12);
  expect(change.high).toBeCloseTo(high, 12);
});
