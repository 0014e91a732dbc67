import { describe, expect, test } from '@jest/globals';
import type { RankError } from '../../src/base/errors.ts';
import { Admission } from '../../src/schedule/admission.ts';

const limits = { candidates: 100, tokens: 1_000 };

function refusalOf(admission: Admission, candidates: number, tokens: number): RankError {
  try {
    admission.admit(candidates, tokens).release();
  } catch (error) {
    return error as RankError;
  }
  throw new Error('was admitted');
}

describe('admission', () => {
  test('lets in up to the bounds, in candidates and in tokens', () => {
    const admission = new Admission(limits, (tokens) => tokens);
    admission.admit(60, 100);
    admission.admit(40, 900);
    expect(admission.held).toEqual(limits);
  });

  test.each([
    ['candidates', 41, 10],
    ['tokens', 1, 501],
  ])('refuses one %s too many', (_what, candidates, tokens) => {
    const admission = new Admission(limits, (more) => more);
    admission.admit(60, 500);
    expect(refusalOf(admission, candidates, tokens)).toMatchObject({
      kind: 'overloaded',
      reason: 'QUEUE_FULL',
    });
    expect(admission.held).toEqual({ candidates: 60, tokens: 500 });
  });

  test('says what is held, asked and allowed', () => {
    const admission = new Admission(limits, (tokens) => tokens);
    admission.admit(60, 500);
    expect(refusalOf(admission, 50, 700).message).toBe(
      'the queue holds 60 candidates and about 500 tokens, this request adds 50 and 700; at most 100 and 1000',
    );
  });

  test('tells when there will be room: the time of the tokens that are too many', () => {
    const admission = new Admission(limits, (tokens) => tokens * 2);
    admission.admit(50, 900);
    expect(refusalOf(admission, 1, 400).retryAfterMs).toBe(600);
    // 20 candidates too many, at 18 tokens each.
    expect(refusalOf(admission, 70, 10).retryAfterMs).toBe(720);
  });

  test('a retry is never advised sooner than 10 ms or later than 30 s', () => {
    for (const [msPerToken, expected] of [
      [0, 10],
      [1e9, 30_000],
    ] as const) {
      const admission = new Admission(limits, (tokens) => tokens * msPerToken);
      admission.admit(1, 1_000);
      expect(refusalOf(admission, 1, 1).retryAfterMs).toBe(expected);
    }
  });

  test('an empty queue lets in a request of any size', () => {
    const admission = new Admission(limits, (tokens) => tokens);
    admission.admit(5_000, 1e6).release();
    expect(admission.held).toEqual({ candidates: 0, tokens: 0 });
  });

  test('a permit is corrected while held and given back once', () => {
    const admission = new Admission(limits, (tokens) => tokens);
    const permit = admission.admit(10, 100);
    permit.correct(130);
    expect(admission.held).toEqual({ candidates: 10, tokens: 130 });
    permit.release();
    permit.release();
    permit.correct(70);
    expect(admission.held).toEqual({ candidates: 0, tokens: 0 });
  });

  test('tells when the last permit is back', async () => {
    const admission = new Admission(limits, (tokens) => tokens);
    const permits = [admission.admit(1, 1), admission.admit(1, 1)];
    let isEmpty = false;
    const empty = admission.whenEmpty().then(() => {
      isEmpty = true;
    });
    permits[0]?.release();
    await Promise.resolve();
    expect(isEmpty).toBe(false);
    permits[1]?.release();
    await empty;
    await admission.whenEmpty();
  });
});

test('who follows another request needs no room, but a drain waits for it', async () => {
  const admission = new Admission({ candidates: 3, tokens: 10 }, (tokens) => tokens);
  const leader = admission.admit(3, 10);
  const follower = admission.follow();
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
