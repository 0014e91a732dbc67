import { describe, expect, test } from '@jest/globals';
import { RankError } from '../../src/base/errors.ts';
import type { Call } from '../../src/domain/call.ts';
import { Admission } from '../../src/schedule/admission.ts';
import { anyCall } from '../support/fakes/scheduler.ts';

const limits = { candidates: 100, tokens: 1_000 };

function open(msPerToken = 1, bounds = limits): Admission {
  return new Admission(bounds, (tokens) => tokens * msPerToken);
}

function admit(
  admission: Admission,
  candidates: number,
  packedTokens: number,
  call: Partial<Call> = {},
) {
  return admission.admit({ candidates, packedTokens }, anyCall(call));
}

/** The error, or 'admitted'; an admitted request stays. */
function tryAdmit(...parameters: Parameters<typeof admit>): RankError | 'admitted' {
  try {
    admit(...parameters);
    return 'admitted';
  } catch (error) {
    return RankError.from(error);
  }
}

describe('the bounds of the queue', () => {
  test('are reached exactly, in candidates and in tokens', () => {
    const admission = open();
    admit(admission, 60, 100);
    admit(admission, 40, 900);
    expect(admission.held).toEqual(limits);
  });

  test.each([
    ['candidates', 41, 10],
    ['tokens', 1, 501],
  ])('are not exceeded in %s', (_what, candidates, tokens) => {
    const admission = open();
    admit(admission, 60, 500);
    expect(tryAdmit(admission, candidates, tokens)).toMatchObject({
      kind: 'overloaded',
      reason: 'QUEUE_FULL',
    });
    expect(admission.held).toEqual({ candidates: 60, tokens: 500 });
  });

  test('are named in the refusal, with what is held and what was asked', () => {
    const admission = open();
    admit(admission, 60, 500);
    expect(tryAdmit(admission, 50, 700)).toMatchObject({
      message:
        'the queue holds 60 candidates and about 500 tokens, this request adds 50 and 700; ' +
        'at most 100 and 1000',
    });
  });

  test('do not apply to a request that meets an empty queue', () => {
    const admission = open();
    admit(admission, 5_000, 1e6).release();
    expect(admission.held).toEqual({ candidates: 0, tokens: 0 });
  });
});

describe('the retry delay', () => {
  test('is the time that the excess tokens need', () => {
    const admission = open(2);
    admit(admission, 50, 900);
    expect(tryAdmit(admission, 1, 400)).toMatchObject({ retryAfterMs: 600 });
    // 20 candidates too many, at 18 tokens each.
    expect(tryAdmit(admission, 70, 10)).toMatchObject({ retryAfterMs: 720 });
  });

  test.each([
    [0, 10],
    [1e9, 30_000],
  ])('lies between 10 ms and 30 s (%p ms per token)', (msPerToken, retryAfterMs) => {
    const admission = open(msPerToken);
    admit(admission, 1, 1_000);
    expect(tryAdmit(admission, 1, 1)).toMatchObject({ retryAfterMs });
  });
});

describe('a permit', () => {
  test('is corrected while it is held, and released only once', () => {
    const admission = open();
    const permit = admit(admission, 10, 100);
    permit.correct(130);
    expect(admission.held).toEqual({ candidates: 10, tokens: 130 });
    permit.release();
    permit.release();
    permit.correct(70);
    expect(admission.held).toEqual({ candidates: 0, tokens: 0 });
  });

  test('delays whenEmpty until the last one is released', async () => {
    const admission = open();
    const [first, second] = [admit(admission, 1, 1), admit(admission, 1, 1)];
    let isEmpty = false;
    const empty = admission.whenEmpty().then(() => {
      isEmpty = true;
    });
    first.release();
    await Promise.resolve();
    expect(isEmpty).toBe(false);
    second.release();
    await empty;
    await admission.whenEmpty();
  });

  test('of a follower takes no room, but delays whenEmpty', async () => {
    const admission = open(1, { candidates: 3, tokens: 10 });
    const leader = admit(admission, 3, 10);
    const follower = admission.follow(anyCall());
    expect(admission.held).toEqual({ candidates: 3, tokens: 10 });
    let isEmpty = false;
    const empty = admission.whenEmpty().then(() => {
      isEmpty = true;
    });
    leader.release();
    follower.correct(7);
    await Promise.resolve();
    expect([isEmpty, admission.held.tokens]).toEqual([false, 7]);
    follower.release();
    await empty;
    expect(admission.held).toEqual({ candidates: 0, tokens: 0 });
  });
});

describe('a queue that clients share', () => {
  const bounds = { candidates: 1_000, tokens: 1_000 };
  const openShared = () => open(2, bounds);

  test('may be half filled by one of them', () => {
    const admission = openShared();
    admit(admission, 1, 10, { client: 'b' });
    expect(tryAdmit(admission, 1, 490, { client: 'a' })).toBe('admitted');
  });

  test('gives each an equal share beyond that', () => {
    const admission = openShared();
    admit(admission, 1, 100, { client: 'b' });
    admit(admission, 1, 400, { client: 'a' });
    expect(tryAdmit(admission, 1, 101, { client: 'a' })).toMatchObject({
      kind: 'overloaded',
      reason: 'CLIENT_SHARE',
      retryAfterMs: 10,
      message:
        'this client holds about 400 tokens and adds 101; at most 500 while 2 clients share ' +
        'a queue that is more than half full',
    });
    expect(tryAdmit(admission, 1, 400, { client: 'b' })).toBe('admitted');
  });

  test('may be filled by a client once the others have left', () => {
    const admission = openShared();
    const other = admit(admission, 1, 100, { client: 'b' });
    admit(admission, 1, 500, { client: 'a' });
    expect(tryAdmit(admission, 1, 400, { client: 'a' })).not.toBe('admitted');
    other.release();
    expect(tryAdmit(admission, 1, 400, { client: 'a' })).toBe('admitted');
  });

  test('reserves half of its room for interactive requests', () => {
    const admission = openShared();
    const deferrable = { priority: 'deferrable' } as const;
    const first = admit(admission, 1, 450, deferrable);
    expect(tryAdmit(admission, 1, 60, deferrable)).toMatchObject({
      reason: 'QUEUE_FULL',
      retryAfterMs: 20,
      message:
        'deferrable requests hold 450 tokens and this one adds 60; at most 500 (half of the queue)',
    });
    first.correct(100);
    expect(tryAdmit(admission, 1, 60, deferrable)).toBe('admitted');
  });
});

describe('a deadline', () => {
  const bounds = { candidates: 1_000, tokens: 1_000 };
  /** Every deadline would be missed; collects the unscheduled tokens that it was asked with. */
  const openSlow = (unscheduled: number[] = []) =>
    new Admission(bounds, (tokens) => tokens, {
      predict: (_call, _size, unscheduledTokens) => {
        unscheduled.push(unscheduledTokens);
        return { queueMs: 120.4, runMs: 30, inTime: false };
      },
      advise: () => ({
        leftMs: 100,
        aloneMs: 30,
        waitMs: 50.4,
        fitting: { candidates: 3, packedTokens: 70 },
      }),
    });

  test('that would be missed refuses the request, with the wait after which it would be met', () => {
    const admission = openSlow();
    expect(tryAdmit(admission, 3, 70, { deadlineAtMs: 5_000 })).toMatchObject({
      kind: 'overloaded',
      reason: 'PREDICTED_LATE',
      retryAfterMs: 51,
      message:
        '3 candidates with about 70 tokens would wait 120 ms and run 30 ms, ' +
        'and end after the deadline',
    });
    expect(admission.held).toEqual({ candidates: 0, tokens: 0 });
  });

  test('is not predicted for requests that have none', () => {
    const unscheduled: number[] = [];
    expect(tryAdmit(openSlow(unscheduled), 3, 70)).toBe('admitted');
    expect(unscheduled).toEqual([]);
  });

  test('is predicted with the requests that are still being encoded', () => {
    const unscheduled: number[] = [];
    const admission = openSlow(unscheduled);
    const first = admit(admission, 3, 70);
    const second = admit(admission, 3, 50);
    expect(admission.unscheduledTokens).toBe(120);
    first.correct(90);
    tryAdmit(admission, 3, 70, { deadlineAtMs: 5_000 });
    expect(unscheduled).toEqual([50]);
    second.release();
    expect(admission.unscheduledTokens).toBe(0);
  });
});
