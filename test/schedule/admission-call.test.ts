import { describe, expect, test } from '@jest/globals';
import { Admission, type AdmissionCall } from '../../src/schedule/admission.ts';
import type { Ask } from '../../src/schedule/forecast/forecast.ts';

const limits = { candidates: 1_000, tokens: 1_000 };
const call = (changed: Partial<AdmissionCall> = {}): AdmissionCall => ({
  ...{ client: 'a', priority: 'interactive', partialOk: false },
  deadlineMs: Number.POSITIVE_INFINITY,
  ...changed,
});
const open = () => new Admission(limits, (tokens) => tokens * 2);
const refusal = (admit: () => unknown): unknown => {
  try {
    admit();
    return 'admitted';
  } catch (error) {
    return error;
  }
};

describe('a queue that is shared', () => {
  test('may be filled to the half by anyone', () => {
    const admission = open();
    admission.admit(1, 10, call({ client: 'b' }));
    expect(refusal(() => admission.admit(1, 490, call()))).toBe('admitted');
  });

  test('past it a client gets its even part and no more, until others have gone', () => {
    const admission = open();
    const other = admission.admit(1, 100, call({ client: 'b' }));
    admission.admit(1, 400, call());
    expect(refusal(() => admission.admit(1, 101, call()))).toMatchObject({
      ...{ kind: 'overloaded', reason: 'CLIENT_SHARE', retryAfterMs: 10 },
      message:
        'this client holds about 400 tokens and adds 101; at most 500 while 2 clients share a queue that is more than half full',
    });
    expect(refusal(() => admission.admit(1, 400, call({ client: 'b' })))).toBe('admitted');
    other.release();
  });

  test('alone it may fill it', () => {
    const admission = open();
    admission.admit(1, 600, call());
    expect(refusal(() => admission.admit(1, 400, call()))).toBe('admitted');
  });

  test('deferrable requests leave half of it to the interactive ones', () => {
    const admission = open();
    const deferrable = call({ priority: 'deferrable' });
    const first = admission.admit(1, 450, deferrable);
    expect(refusal(() => admission.admit(1, 60, deferrable))).toMatchObject({
      ...{ reason: 'QUEUE_FULL', retryAfterMs: 20 },
      message:
        'deferrable requests hold 450 tokens and this one adds 60; at most 500 (half of the queue)',
    });
    first.correct(100);
    expect(refusal(() => admission.admit(1, 60, deferrable))).toBe('admitted');
  });
});

describe('a deadline', () => {
  const asked: Ask[] = [];
  const slow = () =>
    new Admission(limits, (tokens) => tokens, {
      predict: (ask) => {
        asked.push(ask);
        return { queueMs: 120.4, runMs: 30, inTime: false };
      },
      advise: () => ({
        ...{ leftMs: 100, aloneMs: 30, waitMs: 50.4 },
        fitting: { candidates: 3, packedTokens: 70 },
      }),
    });

  test('that would be missed is refused at once, with the wait after which it would not', () => {
    const admission = slow();
    const late = refusal(() => admission.admit(3, 70, call({ deadlineMs: 5_000 })));
    expect(late).toMatchObject({
      ...{ kind: 'overloaded', reason: 'PREDICTED_LATE', retryAfterMs: 51 },
      message:
        '3 candidates with about 70 tokens would wait 120 ms and run 30 ms, and end after the deadline',
    });
    expect(admission.held).toEqual({ candidates: 0, tokens: 0 });
  });

  test('that is not there is not asked about', () => {
    expect(refusal(() => slow().admit(3, 70, call()))).toBe('admitted');
  });

  test('is foretold with what is still being encoded', () => {
    const admission = slow();
    const first = admission.admit(3, 70, call());
    const second = admission.admit(3, 50, call());
    expect(admission.uncountedTokens).toBe(120);
    first.correct(90);
    refusal(() => admission.admit(3, 70, call({ deadlineMs: 5_000 })));
    expect(asked.at(-1)).toMatchObject({ candidates: 3, packedTokens: 70, unscheduledTokens: 50 });
    second.release();
    expect(admission.uncountedTokens).toBe(0);
  });
});
