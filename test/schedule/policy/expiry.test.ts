import { expect, test } from '@jest/globals';
import { CostFit } from '../../../src/schedule/costs/cost-fit.ts';
import { fillBatch } from '../../../src/schedule/policy/fill-batch.ts';
import { createPolicy } from '../../../src/schedule/policy/policy.ts';
import type { WaitingRequest } from '../../../src/schedule/policy/view.ts';

const limits = {
  ...{ tokenBudget: 100, lingerMs: 0, attentionGroups: 2, shareTokens: 25 },
  ...{ agingMs: 1e9, deferrableWaitMs: Number.POSITIVE_INFINITY },
};

/** Five candidates of 30 tokens: more than a batch. */
function due(deadlineAtMs: number): WaitingRequest {
  const waiting = [0, 1, 2, 3, 4].map((index) => ({ index, length: 30, bucket: 40 }));
  return {
    ...{ deadlineAtMs, waiting, arrivedAtMs: 0, prefixTokens: 10, running: 0 },
    ...{ waitingTokens: 150, waitingSlots: 6_000, partialOk: true, isOverShare: false },
  };
}

/** What a replica that is busy until 1,008 prepares at 1,000 when a run takes 5 ms. */
function decide(requests: readonly WaitingRequest[]) {
  const busy = { name: 'cpu#0', batches: 1, packedTokens: 100, freeAtMs: 1_008 };
  return createPolicy(limits).decide(
    {
      ...{ requests, deferrable: [], arrivalGapMs: 1e9, estimateMs: () => 5 },
      replicas: [{ ...busy, tokenCap: Number.POSITIVE_INFINITY, lastBucket: 0 }],
    },
    1_000,
  );
}

test('a busy replica prepares nothing of a request whose deadline comes before it is free', () => {
  const [late, later] = [due(1_007), due(1_100)];
  expect(decide([late, later])).toMatchObject({
    kind: 'dispatch',
    picks: [{ request: later, count: 3 }],
  });
});

test('with nothing else to prepare it waits for the replica, or until the request is late', () => {
  expect(decide([due(1_007)])).toEqual({ kind: 'wait', wakeAtMs: 1_003 });
});

test('a batch holds a candidate of its head even where there is no room', () => {
  for (const cap of [0, -5]) {
    expect(fillBatch([due(2_000), due(3_000)], cap, limits)).toMatchObject([{ count: 1 }]);
  }
});

test('a run of nothing, or of an unknown time, changes no cost', () => {
  const fit = new CostFit({ fixedMs: 1, tokenMs: 0.1, slotMs: 0 });
  const before = fit.weights;
  fit.observe({ packedTokens: 0, slots: 0 }, 10);
  fit.observe({ packedTokens: 10, slots: 100 }, Number.NaN);
  expect(fit.weights).toEqual(before);
});
