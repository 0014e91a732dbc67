import { expect, test } from '@jest/globals';
import { fitRates, fullBatch, kindOf, measured } from '../../../bench/plan/measured.ts';

test('a full batch has as many requests as the budget has room for, at least one', () => {
  expect(fullBatch('50+50x150', 32_768)).toMatchObject({ packedTokens: 30_200, candidates: 200 });
  expect(fullBatch('50+50x150', 1_024)).toMatchObject({ packedTokens: 7_550, candidates: 50 });
});

test('rates that a cost explains give that cost back', () => {
  const cost = { fixedMs: 4, tokenMs: 0.002, slotMs: 1e-6 };
  const rates = ['50+50x150', '120+10x180', '40+16x32'].flatMap((shape) =>
    [8_192, 32_768].map((tokenBudget) => {
      const { candidates, packedTokens, slots } = fullBatch(shape, tokenBudget);
      const ms = cost.fixedMs + cost.tokenMs * packedTokens + cost.slotMs * slots;
      return { shape, tokenBudget, candidatesPerSecond: (1_000 * candidates) / ms };
    }),
  );
  const { weights, error } = fitRates(rates);
  expect(weights.fixedMs).toBeCloseTo(cost.fixedMs, 1);
  expect(weights.tokenMs / cost.tokenMs).toBeCloseTo(1, 2);
  expect(error).toBeLessThan(0.002);
});

test('the measured rates are fitted within a few per cent, without negative weights', () => {
  for (const rates of Object.values(measured)) {
    const { weights, error } = fitRates(rates);
    expect(Math.min(weights.fixedMs, weights.tokenMs, weights.slotMs)).toBeGreaterThanOrEqual(0);
    expect(error).toBeLessThan(0.05);
  }
});

test('a speed-up divides what depends on the size, and not the fixed time', () => {
  const cost = { fixedMs: 4, tokenMs: 0.002, slotMs: 1e-6 };
  expect(kindOf(cost, '50+50x150', 2)).toMatchObject({ fixedMs: 4, tokenMs: 0.001, slotMs: 5e-7 });
});
