import { describe, expect, test } from '@jest/globals';
import {
  ForecastError,
  type ForecastView,
  forecast,
} from '../../../src/schedule/forecast/forecast.ts';
import type { Capacity } from '../../../src/schedule/policy/capacity.ts';
import { anyCall } from '../../support/fakes/scheduler.ts';

describe('a forecast', () => {
  /** Two replicas, a token a millisecond each. */
  const capacity: Capacity = {
    fastestMs: ({ packedTokens }) => packedTokens,
    togetherMs: ({ packedTokens }) => packedTokens / 2,
    soonestMs: ({ packedTokens }) => packedTokens / 2,
  };
  const idle: ForecastView = {
    nowMs: 0,
    aheadTokens: 0,
    busyMs: [0, 0],
    capacity,
    tokenBudget: 100,
    shareTokens: 25,
    marginMs: 0,
  };
  const queued = { ...idle, aheadTokens: 200 };
  const size = { candidates: 4, packedTokens: 40 };
  const call = anyCall({ deadlineAtMs: 1_000 });

  test('of a request on idle replicas is a run at once, divided if it is large enough', () => {
    expect(forecast(size, call, idle)).toEqual({ queueMs: 0, runMs: 40, inTime: true });
    const large = forecast({ ...size, packedTokens: 80 }, call, idle);
    expect(large).toEqual({ queueMs: 0, runMs: 40, inTime: true });
  });

  test('behind other requests includes their time, and a fuller batch', () => {
    expect(forecast(size, call, queued)).toEqual({ queueMs: 100, runMs: 50, inTime: true });
  });

  test('is late beyond the deadline', () => {
    expect(forecast(size, call, { ...queued, nowMs: 849 }).inTime).toBe(true);
    expect(forecast(size, call, { ...queued, nowMs: 851 }).inTime).toBe(false);
  });

  test('with partialOk is in time if one candidate is', () => {
    const partial = { ...call, partialOk: true };
    expect(forecast(size, partial, { ...queued, nowMs: 889 }).inTime).toBe(true);
    expect(forecast(size, partial, { ...queued, nowMs: 891 }).inTime).toBe(false);
  });

  test('allows for earlier errors only if the request has to wait', () => {
    expect(forecast(size, call, { ...queued, marginMs: 100, nowMs: 800 }).inTime).toBe(false);
    expect(forecast(size, call, { ...idle, marginMs: 100, nowMs: 950 }).inTime).toBe(true);
  });
});

describe('the forecast error', () => {
  test('is learnt as mean plus twice the deviation, and is never negative', () => {
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

  test('includes a prior that shrinks with every request learnt from', () => {
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

  test('includes a prior that decays by a fifth per batch time while no request waits', () => {
    const error = new ForecastError();
    const refuseFor = (ms: number) => {
      for (let nowMs = 0; nowMs < ms; nowMs += 1) {
        error.decayPrior(100, nowMs);
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
