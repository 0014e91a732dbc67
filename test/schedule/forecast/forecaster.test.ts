import { expect, test } from '@jest/globals';
import { Forecaster, type SchedulerState } from '../../../src/schedule/forecast/forecaster.ts';
import { Lanes } from '../../../src/schedule/queue/lanes.ts';
import type { ScheduledRequest } from '../../../src/schedule/queue/request.ts';
import { anyCall } from '../../support/fakes/scheduler.ts';

/** One replica, busy for another 50 ms; a token takes it a millisecond, a full batch 100 ms. */
const state: SchedulerState = {
  nowMs: 0,
  agingMs: 1e9,
  busyMs: [50],
  tokenBudget: 100,
  shareTokens: 25,
  lanes: new Lanes<ScheduledRequest>(),
  capacity: {
    fastestMs: ({ packedTokens }) => packedTokens,
    togetherMs: ({ packedTokens }) => packedTokens,
    soonestMs: ({ packedTokens }) => packedTokens,
  },
  estimateMs: (tokens) => tokens,
};
const size = { candidates: 4, packedTokens: 40 };
const until = (deadlineAtMs: number) => anyCall({ deadlineAtMs });

test('at first a request that waits is forecast a batch later, and one that does not wait is not', () => {
  const forecaster = new Forecaster(1e9);
  const predict = (deadlineAtMs: number, busyMs = [50]) =>
    forecaster.predict(until(deadlineAtMs), size, 0, { ...state, busyMs });
  expect(predict(120)).toEqual({ queueMs: 50, runMs: 40, inTime: false });
  expect(predict(190).inTime).toBe(true);
  expect(predict(41, [0]).inTime).toBe(true);
});

test('a prior that refuses every request that would wait decays', () => {
  const forecaster = new Forecaster(1e9);
  const answers = Array.from({ length: 10 }, (_, i) => {
    const nowMs = 100 * i;
    return forecaster.predict(until(nowMs + 120), size, 0, { ...state, nowMs }).inTime;
  });
  expect(answers.indexOf(true)).toBe(6);
  expect(answers.lastIndexOf(false)).toBe(5);
});

test('a refusal that would be made without the prior too does not make it decay', () => {
  const forecaster = new Forecaster(1e9);
  for (let nowMs = 0; nowMs < 10_000; nowMs += 100) {
    forecaster.predict(until(nowMs + 80), size, 0, { ...state, nowMs });
  }
  expect(forecaster.predict(until(120), size, 0, state).inTime).toBe(false);
});

test('sizes are judged as they are predicted, but as a whole even with partialOk', () => {
  const call = anyCall({ deadlineAtMs: 120, partialOk: true });
  const judge = new Forecaster(1e9).judge(call, 190, 0, state);
  for (const packedTokens of [1, 20, 40, 41, 60, 200]) {
    const own = { candidates: 4, packedTokens };
    const { inTime } = new Forecaster(1e9).predict(until(190), own, 0, state);
    expect([judge(own), inTime]).toEqual([packedTokens <= 40, packedTokens <= 40]);
  }
});

test('judging does not make the prior decay', () => {
  const forecaster = new Forecaster(1e9);
  for (let nowMs = 0; nowMs < 10_000; nowMs += 100) {
    const judge = forecaster.judge(until(nowMs + 120), nowMs + 120, 0, { ...state, nowMs });
    expect(judge(size)).toBe(false);
  }
});
