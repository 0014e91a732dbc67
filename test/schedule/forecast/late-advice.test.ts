import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { RankError } from '../../../src/base/errors.ts';
import type { Call } from '../../../src/domain/call.ts';
import { Admission } from '../../../src/schedule/admission.ts';
import { createCostModel } from '../../../src/schedule/costs/cost.ts';
import { type ForecastView, forecast } from '../../../src/schedule/forecast/forecast.ts';
import { adviseLate } from '../../../src/schedule/forecast/late-advice.ts';
import { anyCall, setUpScheduler } from '../../support/fakes/scheduler.ts';

/** One replica for each busy time, at a token per millisecond, and batches of 100 tokens. */
function viewOf(busyMs: readonly number[], aheadTokens = 0, marginMs = 0): ForecastView {
  const together = ({ packedTokens }: { packedTokens: number }) => packedTokens / busyMs.length;
  const capacity = {
    fastestMs: ({ packedTokens }: { packedTokens: number }) => packedTokens,
    togetherMs: together,
    soonestMs: together,
  };
  const limits = { tokenBudget: 100, shareTokens: 25 };
  return { nowMs: 0, aheadTokens, busyMs, capacity, marginMs, ...limits };
}

const size = { candidates: 50, packedTokens: 1_000, prefixTokens: 50 };
const call = anyCall({ deadlineAtMs: 400 });

describe('advice for a late request', () => {
  test('says how many candidates an idle server would score in time', () => {
    const advice = adviseLate(size, call, viewOf([70], 500));
    // 50 of the prefix, and 19 for each candidate.
    expect(advice).toEqual({
      leftMs: 400,
      aloneMs: 1_000,
      waitMs: undefined,
      fitting: { candidates: 18, packedTokens: 50 + 18 * 19 },
    });
  });

  test('says if an idle server could not even score one candidate', () => {
    const advice = adviseLate(size, anyCall({ deadlineAtMs: 60 }), viewOf([0]));
    expect(advice.fitting).toEqual({ candidates: 0, packedTokens: 0 });
  });

  test('says after which wait it would be in time, before the queue is empty', () => {
    const small = { ...size, packedTokens: 300 };
    const { waitMs = 0 } = adviseLate(small, call, viewOf([100], 200));
    // It needs 300 of its 400 ms, so 100 ms of other work may be left.
    expect(waitMs).toBeGreaterThanOrEqual(200);
    expect(waitMs).toBeLessThan(205);
  });

  test('names a wait exactly if the request can be in time on an idle server', () => {
    const anyCase = fc.record({
      busyMs: fc.array(fc.integer({ min: 0, max: 500 }), { minLength: 1, maxLength: 4 }),
      aheadTokens: fc.integer({ min: 0, max: 3_000 }),
      packedTokens: fc.integer({ min: 60, max: 2_000 }),
      deadlineAtMs: fc.integer({ min: 1, max: 1_000 }),
      marginMs: fc.integer({ min: 0, max: 200 }),
    });
    fc.assert(
      fc.property(anyCase, ({ busyMs: given, aheadTokens, marginMs, ...own }) => {
        const busyMs = given.toSorted((a, b) => a - b);
        const { packedTokens, deadlineAtMs } = own;
        const ownSize = { ...size, packedTokens };
        const ownCall = anyCall({ deadlineAtMs });
        const idle = viewOf(busyMs.map(() => 0));
        const view = viewOf(busyMs, aheadTokens, marginMs);
        const { waitMs, fitting } = adviseLate(ownSize, ownCall, view);
        expect(waitMs !== undefined).toBe(forecast(ownSize, ownCall, idle).inTime);
        expect(waitMs ?? 0).toBeLessThanOrEqual((busyMs.at(-1) ?? 0) + aheadTokens / busyMs.length);
        expect(fitting.candidates === 0 || forecast(fitting, ownCall, idle).inTime).toBe(true);
      }),
    );
  });
});

/** One replica whose cost is known to be a millisecond per token. */
function setUp() {
  const cost = createCostModel();
  for (const packedTokens of [20, 50, 100, 20, 50, 100]) {
    cost.observe({ replica: 'cpu#0', packedTokens, slots: 0, runMs: packedTokens });
  }
  const { clock, scheduler, runner, rank } = setUpScheduler({ cost });
  const limits = { candidates: 10_000, tokens: 1_000_000 };
  const admission = new Admission(limits, (tokens) => scheduler.estimateMs(tokens), scheduler);
  const callOf = (timeoutMs: number, changed: Partial<Call> = {}) =>
    anyCall({ client: 'a', deadlineAtMs: clock.nowMs() + timeoutMs, ...changed });
  const refusalOf = (candidates: number, packedTokens: number, own: Call) => {
    try {
      admission.admit({ candidates, packedTokens }, own).release();
      return undefined;
    } catch (error) {
      return RankError.from(error);
    }
  };
  return { clock, admission, runner, rank, callOf, refusalOf };
}

/** Retries after each `retryAfterMs` with an equal timeout, at most 100 times. */
async function retryAsTold(
  { clock, callOf, refusalOf }: ReturnType<typeof setUp>,
  { candidates, tokens, timeoutMs }: { candidates: number; tokens: number; timeoutMs: number },
) {
  for (let calls = 1; calls <= 100; calls++) {
    const refused = refusalOf(candidates, tokens, callOf(timeoutMs));
    const { retryAfterMs = Number.POSITIVE_INFINITY } = refused ?? {};
    if (retryAfterMs === Number.POSITIVE_INFINITY) {
      return { calls, refused };
    }
    await clock.advance(retryAfterMs);
  }
  return { calls: 100, refused: undefined };
}

describe('a client that follows the advice', () => {
  test('learns from one refusal how many candidates an idle server can score in time', async () => {
    const world = setUp();
    const asked = { candidates: 50, tokens: 17_000, timeoutMs: 3_000 };
    const { calls, refused } = await retryAsTold(world, asked);
    expect(calls).toBe(1);
    expect(refused).toMatchObject({
      kind: 'overloaded',
      reason: 'TOO_LARGE_FOR_DEADLINE',
      retryAfterMs: Number.POSITIVE_INFINITY,
    });
    const words =
      /^50 candidates with about 17000 tokens would run (\d+) ms on an idle server, and the deadline leaves 3000 ms; about (\d+) of them, with (\d+) tokens, would end in time$/;
    const [, aloneMs, candidates, tokens] = (words.exec(refused?.message ?? '') ?? []).map(Number);
    expect(aloneMs).toBeGreaterThan(16_500);
    expect([candidates, tokens]).toEqual([8, 8 * 340]);
    const smaller = { candidates: candidates ?? 0, tokens: tokens ?? 0, timeoutMs: 3_000 };
    expect(await retryAsTold(world, smaller)).toEqual({ calls: 1, refused: undefined });
  });

  test('is admitted by a busy server once it would be in time', async () => {
    const world = setUp();
    void world.rank([1_876], { timeoutMs: 60_000 });
    const { last } = world.runner;
    world.clock.at(world.clock.nowMs() + 1_880, () => last.finish({ runMs: 1_880 }));
    const startedAtMs = world.clock.nowMs();
    const { calls, refused } = await retryAsTold(world, {
      candidates: 4,
      tokens: 400,
      timeoutMs: 1_000,
    });
    expect(refused).toBeUndefined();
    expect(calls).toBeGreaterThan(1);
    expect(calls).toBeLessThanOrEqual(3);
    // The run takes 1,880 ms, of which 600 ms may be left.
    expect(world.clock.nowMs() - startedAtMs).toBeGreaterThan(1_250);
    expect(world.clock.nowMs() - startedAtMs).toBeLessThan(1_900);
  });

  test('does not retry a request that is too large, even if the queue is full', () => {
    const { admission, callOf, refusalOf } = setUp();
    admission.admit({ candidates: 1, packedTokens: 999_990 }, anyCall());
    const refused = refusalOf(50, 17_000, callOf(3_000));
    expect(refused?.reason).toBe('TOO_LARGE_FOR_DEADLINE');
    expect(refusalOf(1, 100, callOf(3_000))).toMatchObject({ reason: 'QUEUE_FULL' });
  });
});

describe('a call that SLMRANK_MAX_CALL_MS ends', () => {
  const maxCallMs = 120_000;

  test('is told of the setting and its value if the request is too large', () => {
    const { callOf, refusalOf } = setUp();
    const refused = refusalOf(300, 135_000, callOf(119_950, { maxCallMs }));
    expect(refused?.message).toMatch(
      /^300 candidates with about 135000 tokens would run \d+ ms on an idle server, and SLMRANK_MAX_CALL_MS allows 120000 ms; about 26\d of them, with \d+ tokens, would end in time$/,
    );
  });

  test('is told of the setting and its value if it would have to wait too long', () => {
    const { admission, callOf, refusalOf } = setUp();
    admission.admit({ candidates: 10, packedTokens: 100_000 }, anyCall());
    const refused = refusalOf(50, 50_000, callOf(119_950, { maxCallMs }));
    expect(refused?.message).toMatch(/, and end after the 120000 ms of SLMRANK_MAX_CALL_MS$/);
    expect(refused?.reason).toBe('PREDICTED_LATE');
  });
});
