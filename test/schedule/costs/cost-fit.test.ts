import { expect, test } from '@jest/globals';
import { CostFit, costOf } from '../../../src/schedule/costs/cost-fit.ts';

const weights = { fixedMs: 8, tokenMs: 0.9, slotMs: 0.0004 };
const sizes = [50, 300, 1_000].flatMap((packedTokens) =>
  [60, 400].map((perToken) => ({ packedTokens, slots: packedTokens * perToken })),
);

test('a cost has a part per run, per token and per slot', () => {
  expect(costOf(weights, { packedTokens: 100, slots: 10_000 })).toBeCloseTo(8 + 90 + 4, 9);
});

test('the weights of exact runs are found', () => {
  const fit = new CostFit();
  for (let round = 0; round < 30; round += 1) {
    sizes.forEach((size) => fit.observe(size, costOf(weights, size)));
  }
  for (const size of sizes) {
    expect(costOf(fit.weights, size) / costOf(weights, size)).toBeCloseTo(1, 1);
  }
});

test('known weights are kept until runs say otherwise', () => {
  const fit = new CostFit(weights);
  for (const size of sizes) {
    expect(costOf(fit.weights, size) / costOf(weights, size)).toBeCloseTo(1, 1);
  }
});

test('no weight is negative, even if larger runs were faster', () => {
  const fit = new CostFit();
  for (let round = 0; round < 10; round += 1) {
    fit.observe({ packedTokens: 100, slots: 10_000 }, 100);
    fit.observe({ packedTokens: 1_000, slots: 100_000 }, 10);
  }
  const { fixedMs, tokenMs, slotMs } = fit.weights;
  expect(Math.min(fixedMs, tokenMs, slotMs)).toBeGreaterThanOrEqual(0);
});

test('an empty run, or one of unknown time, changes no cost', () => {
  const fit = new CostFit(weights);
  const before = fit.weights;
  fit.observe({ packedTokens: 0, slots: 0 }, 10);
  fit.observe({ packedTokens: 10, slots: 100 }, Number.NaN);
  expect(fit.weights).toEqual(before);
});
