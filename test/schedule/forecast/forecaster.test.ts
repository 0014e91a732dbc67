import { expect, test } from '@jest/globals';
import type { Ask } from '../../../src/schedule/forecast/forecast.ts';
import { Forecaster, type Outlook } from '../../../src/schedule/forecast/forecaster.ts';
import { Lanes } from '../../../src/schedule/queue/lanes.ts';
import type { ScheduledRequest } from '../../../src/schedule/queue/request.ts';

/** One replica that is busy for 50 ms more; a token takes it a millisecond, a full batch 100. */
const outlook: Outlook = {
  ...{ nowMs: 0, agingMs: 1e9, busyMs: [50], tokenBudget: 100, shareTokens: 25 },
  lanes: new Lanes<ScheduledRequest>(),
  power: {
    fastestMs: ({ packedTokens }) => packedTokens,
    togetherMs: ({ packedTokens }) => packedTokens,
    soonestMs: ({ packedTokens }) => packedTokens,
  },
  estimateMs: (tokens) => tokens,
};
const ask: Ask = {
  ...{ candidates: 4, packedTokens: 40, partialOk: false, client: 'a' },
  ...{ priority: 'interactive', deadlineMs: 120 },
};

test('at first, who waits is taken for a batch later than forecast, and who need not wait is not', () => {
  const forecaster = new Forecaster(1e9);
  expect(forecaster.predict(ask, outlook)).toEqual({ queueMs: 50, runMs: 40, inTime: false });
  expect(forecaster.predict({ ...ask, deadlineMs: 190 }, outlook).inTime).toBe(true);
  expect(forecaster.predict({ ...ask, deadlineMs: 41 }, { ...outlook, busyMs: [0] }).inTime).toBe(
    true,
  );
});

test('where that refuses all who would wait, it gives way before long', () => {
  const forecaster = new Forecaster(1e9);
  const answers = Array.from({ length: 10 }, (_, i) => {
    const nowMs = 100 * i;
    return forecaster.predict({ ...ask, deadlineMs: nowMs + 120 }, { ...outlook, nowMs }).inTime;
  });
  expect(answers.indexOf(true)).toBe(6);
  expect(answers.lastIndexOf(false)).toBe(5);
});

test('what is refused without it too says nothing of it', () => {
  const forecaster = new Forecaster(1e9);
  for (let nowMs = 0; nowMs < 10_000; nowMs += 100) {
    forecaster.predict({ ...ask, deadlineMs: nowMs + 80 }, { ...outlook, nowMs });
  }
  expect(forecaster.predict(ask, outlook).inTime).toBe(false);
});

test('it judges sizes as it predicts them, whole whatever partialOk says', () => {
  const judge = new Forecaster(1e9).judge(ask, outlook, 190);
  for (const packedTokens of [1, 20, 40, 41, 60, 200]) {
    const size = { candidates: 4, packedTokens };
    const { inTime } = new Forecaster(1e9).predict({ ...ask, ...size, deadlineMs: 190 }, outlook);
    expect([judge(size), inTime]).toEqual([packedTokens <= 40, packedTokens <= 40]);
  }
});

test('what it judges says nothing of its forecasts', () => {
  const forecaster = new Forecaster(1e9);
  for (let nowMs = 0; nowMs < 10_000; nowMs += 100) {
    const byMs = nowMs + 120;
    const judge = forecaster.judge({ ...ask, deadlineMs: byMs }, { ...outlook, nowMs }, byMs);
    expect(judge({ candidates: 4, packedTokens: 40 })).toBe(false);
  }
});
