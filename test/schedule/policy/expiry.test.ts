import { describe, expect, test } from '@jest/globals';
import { canFinish, expiresAtMs } from '../../../src/schedule/policy/expiry.ts';
import { createPolicy } from '../../../src/schedule/policy/policy.ts';
import type { WaitingRequest } from '../../../src/schedule/policy/view.ts';

/** Five candidates of 30 tokens: more than a batch. */
function due(deadlineAtMs: number, changed: Partial<WaitingRequest> = {}): WaitingRequest {
  return {
    deadlineAtMs,
    waiting: [0, 1, 2, 3, 4].map((index) => ({ index, length: 30, bucket: 40 })),
    arrivedAtMs: 0,
    prefixTokens: 10,
    running: 0,
    waitingTokens: 150,
    waitingSlots: 6_000,
    partialOk: true,
    isOverShare: false,
    ...changed,
  };
}

/** Two replicas, each a millisecond per token. */
const capacity = {
  fastestMs: ({ packedTokens }: { packedTokens: number }) => packedTokens,
  togetherMs: ({ packedTokens }: { packedTokens: number }) => packedTokens / 2,
  soonestMs: ({ packedTokens }: { packedTokens: number }) => packedTokens / 2,
};

describe('a request expires', () => {
  test.each<[string, Partial<WaitingRequest>, number]>([
    ['when four fifths of its predicted 80 ms no longer fit', { partialOk: false }, 1_000 - 64],
    ['when not even a candidate of 40 ms fits, with partialOk', {}, 1_000 - 32],
    ['at its deadline if candidates are running, with partialOk', { running: 1 }, 1_000],
    ['at its deadline if none is waiting', { waiting: [] }, 1_000],
    ['never without a deadline', { deadlineAtMs: Number.POSITIVE_INFINITY }, Infinity],
  ])('%s', (_when, changed, expected) => {
    expect(expiresAtMs(due(1_000, changed), capacity)).toBe(expected);
  });
});

test('a request can finish if something waits, and with partialOk only if one candidate fits', () => {
  expect(canFinish(due(1_000), capacity, 968)).toBe(true);
  expect(canFinish(due(1_000), capacity, 969)).toBe(false);
  expect(canFinish(due(1_000, { partialOk: false }), capacity, 969)).toBe(true);
  expect(canFinish(due(1_000, { waiting: [] }), capacity, 0)).toBe(false);
});

describe('a replica that is busy until 1,008 and prepares a batch at 1,000', () => {
  const limits = {
    tokenBudget: 100,
    lingerMs: 0,
    attentionGroups: 2,
    shareTokens: 25,
    agingMs: 1e9,
    deferrableWaitMs: Number.POSITIVE_INFINITY,
  };
  const busy = {
    name: 'cpu#0',
    batches: 1,
    packedTokens: 100,
    freeAtMs: 1_008,
    tokenCap: Number.POSITIVE_INFINITY,
    lastBucket: 0,
  };
  const decide = (requests: readonly WaitingRequest[]) =>
    createPolicy(limits).decide(
      { requests, deferrable: [], arrivalGapMs: 1e9, estimateMs: () => 5, replicas: [busy] },
      1_000,
    );

  test('takes nothing of a request whose deadline is before that', () => {
    const [late, later] = [due(1_007), due(1_100)];
    expect(decide([late, later])).toMatchObject({
      kind: 'dispatch',
      picks: [{ request: later, count: 3 }],
    });
  });

  test('with no other request waits until it is free, or until the request is late', () => {
    expect(decide([due(1_007)])).toEqual({ kind: 'wait', wakeAtMs: 1_003 });
  });
});
