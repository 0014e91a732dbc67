import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ForecastError, forecast } from '../../../src/schedule/forecast/forecast.ts';
import { type Power, measurePower, spread } from '../../../src/schedule/policy/capacity.ts';

describe('work spread over replicas that fall free one after the other', () => {
  const table: readonly [string, readonly number[], number, number][] = [
    ['all idle: as long as together', [0, 0], 10, 10],
    ['one busy: the other starts alone', [0, 100], 10, 20],
    ['and is joined once that is free', [0, 10], 10, 15],
    ['all busy: after the first', [30, 40], 1, 32],
    ['no work: when one is free', [30, 40], 0, 30],
    ['no replica', [], 5, 0],
  ];
  test.each(table)('%s', (_name, busyMs, togetherMs, endMs) => {
    expect(spread(busyMs, togetherMs)).toBe(endMs);
  });

  test('never ends earlier with more work or busier replicas', () => {
    const anyBusy = fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(anyBusy, fc.integer({ min: 0, max: 200 }), (given, work) => {
        const busyMs = given.toSorted((a, b) => a - b);
        const end = spread(busyMs, work);
        expect(spread(busyMs, work + 1)).toBeGreaterThan(end);
        expect(
          spread(
            busyMs.map((busy) => busy + 5),
            work,
          ),
        ).toBeCloseTo(end + 5, 6);
        const poured = busyMs.reduce((sum, busy) => sum + Math.max(0, end - busy), 0);
        expect(poured).toBeCloseTo(work * busyMs.length, 6);
      }),
    );
  });
});

describe('power', () => {
  const replica = (name: string, busyUntilMs = 0) => ({
    ...{ name, busyUntilMs, batches: busyUntilMs > 0 ? 1 : 0, packedTokens: 0 },
    ...{ tokenCap: Number.POSITIVE_INFINITY, lastBucket: 0 },
  });
  const pace: Readonly<Record<string, number>> = { fast: 1, slow: 2 };
  const estimateMs = ({ packedTokens }: { packedTokens: number }, name: string) =>
    packedTokens * (pace[name] ?? 0);

  test('a fast and a slow one together take two thirds of the fast one alone', () => {
    const power = measurePower(
      { replicas: [replica('slow'), replica('fast')], estimateMs },
      100,
      0,
    );
    expect(power.fastestMs({ packedTokens: 30 })).toBe(30);
    expect(power.togetherMs({ packedTokens: 30 })).toBeCloseTo(20);
  });

  test('the soonest end waits for what they hold', () => {
    const power = measurePower({ replicas: [replica('fast', 50)], estimateMs }, 100, 10);
    expect(power.soonestMs({ packedTokens: 30 })).toBeCloseTo(70);
  });

  test('nothing known, or nobody there, is 0', () => {
    for (const replicas of [[], [replica('unknown')], [replica('unknown'), replica('fast')]]) {
      const power = measurePower({ replicas, estimateMs }, 100, 0);
      expect(power.togetherMs({ packedTokens: 30 })).toBe(0);
    }
  });
});

describe('a forecast', () => {
  /** Two replicas, a token a millisecond each. */
  const power: Power = {
    fastestMs: ({ packedTokens }) => packedTokens,
    togetherMs: ({ packedTokens }) => packedTokens / 2,
    soonestMs: ({ packedTokens }) => packedTokens / 2,
  };
  const idle = { busyMs: [0, 0], power, tokenBudget: 100, shareTokens: 25, marginMs: 0 };
  const ask = { candidates: 4, packedTokens: 40, deadlineMs: 1_000, partialOk: false };

  test('idle replicas run it at once, and share it when it is large enough', () => {
    expect(forecast(ask, 0, idle, 0)).toEqual({ queueMs: 0, runMs: 40, inTime: true });
    const large = forecast({ ...ask, packedTokens: 80 }, 0, idle, 0);
    expect(large).toEqual({ queueMs: 0, runMs: 40, inTime: true });
  });

  test('behind other work it waits for that, and runs in the company of a fuller batch', () => {
    expect(forecast(ask, 200, idle, 0)).toEqual({ queueMs: 100, runMs: 50, inTime: true });
  });

  test('it is late past the deadline', () => {
    expect(forecast(ask, 200, idle, 849).inTime).toBe(true);
    expect(forecast(ask, 200, idle, 851).inTime).toBe(false);
  });

  test('with partialOk it is in time when one candidate is', () => {
    const partial = { ...ask, partialOk: true };
    expect(forecast(partial, 200, idle, 889).inTime).toBe(true);
    expect(forecast(partial, 200, idle, 891).inTime).toBe(false);
  });

  test('the error of earlier forecasts is allowed for, but not when nothing is ahead', () => {
    const wrong = { ...idle, marginMs: 100 };
    expect(forecast(ask, 200, wrong, 800).inTime).toBe(false);
    expect(forecast(ask, 0, wrong, 950).inTime).toBe(true);
  });

  test('errors are learnt: mean and twice the deviation, never below zero', () => {
    const error = new ForecastError();
    expect(error.learntMs).toBe(0);
    for (let i = 0; i < 300; i += 1) {
      error.learn(i % 2 === 0 ? 10 : 30);
    }
    expect(error.learntMs).toBeGreaterThan(35);
    expect(error.learntMs).toBeLessThan(45);
    for (let i = 0; i < 300; i += 1) {
      error.learn(-50);
    }
    expect(error.learntMs).toBe(0);
  });

  test('what is not learnt yet is taken from the prior, less with every request', () => {
    const error = new ForecastError();
    expect(error.marginMs(100)).toBe(100);
    for (let i = 0; i < 20; i += 1) {
      error.learn(0);
    }
    expect(error.marginMs(100)).toBeGreaterThan(30);
    expect(error.marginMs(100)).toBeLessThan(40);
    for (let i = 0; i < 100; i += 1) {
      error.learn(0);
    }
    expect(error.marginMs(100)).toBeLessThan(1);
  });

  test('a prior that refuses gives way while nobody waits, by no more than a fifth in a batch’s time', () => {
    const error = new ForecastError();
    const refuseFor = (ms: number) => {
      for (let nowMs = 0; nowMs < ms; nowMs += 1) {
        error.doubt(100, nowMs);
      }
    };
    const end = error.expect();
    refuseFor(1_000);
    expect(error.marginMs(100)).toBe(100);
    end(undefined);
    refuseFor(1_000);
    expect(error.marginMs(100)).toBeCloseTo(100 * 0.8 ** 10, 6);
    expect(error.learntMs).toBe(0);
    error.expect()(40);
    expect(error.learntMs).toBeCloseTo(0.05 * 40 + 2 * 0.05 * 40, 6);
  });
});
