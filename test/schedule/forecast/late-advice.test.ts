import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { RankError } from '../../../src/base/errors.ts';
import { Admission, type AdmissionCall } from '../../../src/schedule/admission.ts';
import { createCostModel } from '../../../src/schedule/costs/cost.ts';
import { type Ask, type Capacity, forecast } from '../../../src/schedule/forecast/forecast.ts';
import { adviseLate } from '../../../src/schedule/forecast/late-advice.ts';
import { setUpScheduler } from '../../support/fakes/scheduler.ts';

/** So many replicas of a token a millisecond each; a batch is of 100 tokens. */
function capacityOf(busyMs: readonly number[], marginMs = 0): Capacity {
  const together = ({ packedTokens }: { packedTokens: number }) => packedTokens / busyMs.length;
  const power = {
    fastestMs: ({ packedTokens }: { packedTokens: number }) => packedTokens,
    togetherMs: together,
    soonestMs: together,
  };
  return { busyMs, power, marginMs, tokenBudget: 100, shareTokens: 25 };
}

const ask: Ask = {
  ...{ candidates: 50, packedTokens: 1_000, prefixTokens: 50, partialOk: false },
  ...{ client: 'a', priority: 'interactive', deadlineMs: 400 },
};

describe('of a request that is late', () => {
  test('and would be on an idle server too, says how much would fit', () => {
    const advice = adviseLate(ask, { aheadTokens: 500, capacity: capacityOf([70]), nowMs: 0 });
    // 50 of the prefix, and 19 for each candidate.
    expect(advice).toEqual({
      ...{ leftMs: 400, aloneMs: 1_000, waitMs: undefined },
      fitting: { candidates: 18, packedTokens: 50 + 18 * 19 },
    });
  });

  test('says so when not even one candidate would', () => {
    const short = { ...ask, deadlineMs: 60 };
    const advice = adviseLate(short, { aheadTokens: 0, capacity: capacityOf([0]), nowMs: 0 });
    expect(advice.fitting).toEqual({ candidates: 0, packedTokens: 0 });
  });

  test('says when it would be in time, which is before all is done that was there', () => {
    const small = { ...ask, packedTokens: 300 };
    const { waitMs = 0 } = adviseLate(small, {
      ...{ aheadTokens: 200, capacity: capacityOf([100]), nowMs: 0 },
    });
    // It needs 300 of 400 ms; what is left may be 100.
    expect(waitMs).toBeGreaterThanOrEqual(200);
    expect(waitMs).toBeLessThan(205);
  });

  test('says of every request that can be in time when it will be, and of no other', () => {
    const anyAsk = fc.record({
      busyMs: fc.array(fc.integer({ min: 0, max: 500 }), { minLength: 1, maxLength: 4 }),
      aheadTokens: fc.integer({ min: 0, max: 3_000 }),
      packedTokens: fc.integer({ min: 60, max: 2_000 }),
      deadlineMs: fc.integer({ min: 1, max: 1_000 }),
      marginMs: fc.integer({ min: 0, max: 200 }),
    });
    fc.assert(
      fc.property(anyAsk, ({ busyMs: given, aheadTokens, marginMs, ...changed }) => {
        const busyMs = given.toSorted((a, b) => a - b);
        const own = { ...ask, ...changed };
        const capacity = capacityOf(busyMs, marginMs);
        const idle = capacityOf(busyMs.map(() => 0));
        const { waitMs, fitting } = adviseLate(own, { aheadTokens, capacity, nowMs: 0 });
        expect(waitMs !== undefined).toBe(forecast(own, 0, idle, 0).inTime);
        expect(waitMs ?? 0).toBeLessThanOrEqual((busyMs.at(-1) ?? 0) + aheadTokens / busyMs.length);
        const fit = { ...own, ...fitting };
        expect(fitting.candidates === 0 || forecast(fit, 0, idle, 0).inTime).toBe(true);
      }),
    );
  });
});

/** One replica that takes a millisecond for a token, as it has learnt. */
function setUp() {
  const cost = createCostModel();
  for (const packedTokens of [20, 50, 100, 20, 50, 100]) {
    cost.observe({ replica: 'cpu#0', packedTokens, slots: 0, runMs: packedTokens });
  }
  const { clock, scheduler, runner, rank } = setUpScheduler({ cost });
  const limits = { candidates: 10_000, tokens: 1_000_000 };
  const admission = new Admission(limits, (tokens) => scheduler.estimateMs(tokens), scheduler);
  const callOf = (timeoutMs: number, changed: Partial<AdmissionCall> = {}): AdmissionCall => ({
    ...{ client: 'a', priority: 'interactive', partialOk: false },
    deadlineMs: clock.nowMs() + timeoutMs,
    ...changed,
  });
  const refusalOf = (candidates: number, tokens: number, call: AdmissionCall) => {
    try {
      admission.admit(candidates, tokens, call).release();
      return undefined;
    } catch (error) {
      return RankError.from(error);
    }
  };
  return { clock, admission, runner, rank, callOf, refusalOf };
}

/** Does as RetryInfo says, each time with a new deadline; at most 100 calls. */
async function obey(
  { clock, callOf, refusalOf }: ReturnType<typeof setUp>,
  {
    candidates,
    tokens,
    timeoutMs,
  }: Readonly<Record<'candidates' | 'tokens' | 'timeoutMs', number>>,
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

describe('a client that does as it is told', () => {
  test('asks an idle server once for what cannot be done by its deadline, and then for what can', async () => {
    const world = setUp();
    const asked = { candidates: 50, tokens: 17_000, timeoutMs: 3_000 };
    const { calls, refused } = await obey(world, asked);
    expect(calls).toBe(1);
    expect(refused).toMatchObject({
      ...{ kind: 'overloaded', reason: 'TOO_LARGE_FOR_DEADLINE' },
      retryAfterMs: Number.POSITIVE_INFINITY,
    });
    const words =
      /^50 candidates with about 17000 tokens would run (\d+) ms on an idle server, and the deadline leaves 3000 ms; about (\d+) of them, with (\d+) tokens, would end in time$/;
    const [, aloneMs, candidates, tokens] = (words.exec(refused?.message ?? '') ?? []).map(Number);
    expect(aloneMs).toBeGreaterThan(16_500);
    expect([candidates, tokens]).toEqual([8, 8 * 340]);
    const smaller = { candidates: candidates ?? 0, tokens: tokens ?? 0, timeoutMs: 3_000 };
    expect(await obey(world, smaller)).toEqual({ calls: 1, refused: undefined });
  });

  test('comes back to a busy server when it will be in time, and is let in', async () => {
    const world = setUp();
    void world.rank([1_876], { timeoutMs: 60_000 });
    const { last } = world.runner;
    world.clock.at(world.clock.nowMs() + 1_880, () => last.finish({ runMs: 1_880 }));
    const startedMs = world.clock.nowMs();
    const { calls, refused } = await obey(world, { candidates: 4, tokens: 400, timeoutMs: 1_000 });
    expect(refused).toBeUndefined();
    expect(calls).toBeGreaterThan(1);
    expect(calls).toBeLessThanOrEqual(3);
    // The run takes 1,880 ms, of which 600 may be left.
    expect(world.clock.nowMs() - startedMs).toBeGreaterThan(1_250);
    expect(world.clock.nowMs() - startedMs).toBeLessThan(1_900);
  });

  test('asks once even where the queue is full: room would not help it', () => {
    const { admission, callOf, refusalOf } = setUp();
    admission.admit(1, 999_990, callOf(Number.POSITIVE_INFINITY));
    const refused = refusalOf(50, 17_000, callOf(3_000));
    expect(refused?.reason).toBe('TOO_LARGE_FOR_DEADLINE');
    expect(refusalOf(1, 100, callOf(3_000))).toMatchObject({ reason: 'QUEUE_FULL' });
  });
});

describe("where the server's own limit is what makes it late", () => {
  const maxCallMs = 120_000;

  test('the message names the setting and its value', () => {
    const { callOf, refusalOf } = setUp();
    const refused = refusalOf(300, 135_000, callOf(119_950, { maxCallMs }));
    expect(refused?.message).toMatch(
      /^300 candidates with about 135000 tokens would run \d+ ms on an idle server, and SLMRANK_MAX_CALL_MS allows 120000 ms; about 26\d of them, with \d+ tokens, would end in time$/,
    );
  });

  test('so it does for what has to wait too long', () => {
    const { admission, callOf, refusalOf } = setUp();
    admission.admit(10, 100_000, callOf(Number.POSITIVE_INFINITY));
    const refused = refusalOf(50, 50_000, callOf(119_950, { maxCallMs }));
    expect(refused?.message).toMatch(/, and end after the 120000 ms of SLMRANK_MAX_CALL_MS$/);
    expect(refused?.reason).toBe('PREDICTED_LATE');
  });
});
