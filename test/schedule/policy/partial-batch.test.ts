import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { capPartial } from '../../../src/schedule/policy/partial-batch.ts';
import type { BatchRunner } from '../../../src/batch/packed-batch.ts';
import { millisecondTokens } from '../../support/fakes/pipeline-parts.ts';
import { FakeRunner } from '../../support/fakes/runner.ts';
import { setUpScheduler, times } from '../../support/fakes/scheduler.ts';

const anyCase = fc.record({
  prefixTokens: fc.integer({ min: 0, max: 300 }),
  leftMs: fc.double({ min: 0.1, max: 1e5, noNaN: true }),
  cap: fc.integer({ min: 1, max: 2_000 }),
  fixedMs: fc.double({ min: 0, max: 100, noNaN: true }),
  tokenMs: fc.double({ min: 0.001, max: 5, noNaN: true }),
});

test('a batch never exceeds its cap or half of the time left', () => {
  fc.assert(
    fc.property(anyCase, ({ prefixTokens, leftMs, cap, fixedMs, tokenMs }) => {
      const runMs = (tokens: number) => fixedMs + tokenMs * tokens;
      const tokens = capPartial({ prefixTokens, leftMs, cap }, runMs);
      expect(tokens).toBeGreaterThanOrEqual(0);
      expect(tokens).toBeLessThanOrEqual(cap);
      expect(tokens === 0 || runMs(tokens) <= leftMs / 2 + 1e-6).toBe(true);
    }),
  );
});

test('a reduced batch takes an eighth of the time left, or twice the cost of its prefix', () => {
  fc.assert(
    fc.property(anyCase, ({ prefixTokens, leftMs, cap, fixedMs, tokenMs }) => {
      const runMs = (tokens: number) => fixedMs + tokenMs * tokens;
      const tokens = capPartial({ prefixTokens, leftMs, cap }, runMs);
      fc.pre(tokens > 0 && tokens < cap);
      const tookMs = runMs(tokens);
      expect(tookMs).toBeGreaterThanOrEqual(
        Math.min(leftMs / 2, Math.max(leftMs / 8, 2 * runMs(prefixTokens))) - 1e-6,
      );
      expect(tookMs <= leftMs / 8 + 1e-6 || tookMs <= 2 * runMs(prefixTokens) + 1e-6).toBe(true);
    }),
  );
});

test('more time never makes a batch smaller, and without a deadline it reaches its cap', () => {
  fc.assert(
    fc.property(anyCase, fc.double({ min: 0, max: 1e4, noNaN: true }), (one, moreMs) => {
      const { prefixTokens, leftMs, cap, fixedMs, tokenMs } = one;
      const capFor = (ms: number) =>
        capPartial({ prefixTokens, leftMs: ms, cap }, (tokens) => fixedMs + tokenMs * tokens);
      expect(capFor(leftMs + moreMs)).toBeGreaterThanOrEqual(capFor(leftMs) - 1e-6);
      expect(capFor(Number.POSITIVE_INFINITY)).toBe(cap);
    }),
  );
});

test('a batch reaches its cap while costs are unknown', () => {
  expect(capPartial({ prefixTokens: 10, leftMs: 5, cap: 100 }, () => 0)).toBe(100);
});

/** Ranks 50 candidates of 20 tokens, a second of work, on a replica slower than forecast. */
async function rankOnSlow({ slowness, partialOk }: { slowness: number; partialOk: boolean }) {
  const { clock, scheduler, rank } = setUpScheduler({ tokenBudget: 400, cost: millisecondTokens });
  const fake = new FakeRunner();
  let freeAtMs = 0;
  const slow: BatchRunner = {
    name: 'cpu#0',
    run: (batch) => {
      const outcome = fake.run(batch);
      const run = fake.last;
      freeAtMs = Math.max(freeAtMs, clock.nowMs()) + slowness * run.packedTokens;
      clock.at(freeAtMs, () => run.finish());
      return outcome;
    },
  };
  scheduler.setReplicas([slow], 0);
  const reply = rank(times(50, 20), { timeoutMs: 1_500, partialOk });
  await clock.advance(1_500);
  const outcome = await reply.then(
    ({ scored, complete }) => ({ scored: scored.filter((one) => one === 1).length, complete }),
    () => 'failed',
  );
  return { outcome, sizes: fake.runs.map(({ packedTokens }) => packedTokens) };
}

describe('a request that accepts a partial answer', () => {
  test('has many scores at its deadline on a replica that is four times slower than forecast', async () => {
    const { outcome } = await rankOnSlow({ slowness: 4, partialOk: true });
    expect(outcome).toEqual({ scored: 17, complete: false });
  });

  test('is complete if forecasts are right', async () => {
    const { outcome, sizes } = await rankOnSlow({ slowness: 1, partialOk: true });
    expect(outcome).toEqual({ scored: 50, complete: true });
    expect(sizes[0]).toBe(184);
  });

  test('has smaller batches, but other requests do not', async () => {
    const { outcome, sizes } = await rankOnSlow({ slowness: 1, partialOk: false });
    expect(outcome).toEqual({ scored: 50, complete: true });
    expect(sizes).toEqual([384, 384, 244]);
    expect((await rankOnSlow({ slowness: 4, partialOk: false })).outcome).toBe('failed');
  });
});
