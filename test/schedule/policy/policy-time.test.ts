import { describe, expect, test } from '@jest/globals';
import {
  createPolicy,
  type Decision,
  type PolicyLimits,
} from '../../../src/schedule/policy/policy.ts';
import type {
  ReplicaLoad,
  ScheduleView,
  WaitingRequest,
} from '../../../src/schedule/policy/view.ts';

/** The policy with costs known: a token takes a millisecond on cpu#0, two on slow#0. */

const nowMs = 1_000;
const limits: PolicyLimits = {
  tokenBudget: 100,
  lingerMs: 0,
  attentionGroups: 4,
  shareTokens: 25,
  agingMs: 1e9,
  deferrableWaitMs: 5_000,
};

function request(name: string, lengths: readonly number[], changed: Partial<Named> = {}): Named {
  return {
    name,
    deadlineAtMs: Number.POSITIVE_INFINITY,
    arrivedAtMs: 0,
    prefixTokens: 10,
    running: 0,
    partialOk: false,
    waitingSlots: 0,
    isOverShare: false,
    waiting: lengths.map((length, index) => ({ index, length, bucket: length })),
    waitingTokens: lengths.reduce((sum, length) => sum + length, 0),
    ...changed,
  };
}
type View = ScheduleView<Named, ReplicaLoad>;
interface Named extends WaitingRequest {
  readonly name: string;
}

const replica = (changed: Partial<ReplicaLoad> = {}): ReplicaLoad => ({
  name: 'cpu#0',
  batches: 0,
  packedTokens: 0,
  freeAtMs: 0,
  lastBucket: 0,
  tokenCap: Number.POSITIVE_INFINITY,
  ...changed,
});
const times = (count: number, length: number) => new Array<number>(count).fill(length);

function decide(view: Partial<View>): Decision<Named, ReplicaLoad> {
  return createPolicy(limits).decide(
    {
      requests: [],
      deferrable: [],
      replicas: [replica()],
      arrivalGapMs: 0,
      estimateMs: ({ packedTokens }, name) => packedTokens * (name.startsWith('slow') ? 2 : 1),
      ...view,
    },
    nowMs,
  );
}

/** "a 3 to cpu#0", or the decision's kind and moment. */
function show(decision: Decision<Named, ReplicaLoad>): string {
  switch (decision.kind) {
    case 'dispatch': {
      const picks = decision.picks.map(({ request: { name }, count }) => `${name} ${count}`);
      return `${picks.join(', ')} to ${decision.replica.name}`;
    }
    case 'wait':
      return `wait ${decision.wakeAtMs}`;
    case 'expire':
    case 'promote':
      return `${decision.kind} ${decision.request.name}`;
  }
}

const table: readonly [string, Partial<View>, string][] = [
  [
    'the replica that would finish first gets the batch, not the first in the list',
    { requests: [request('a', [20])], replicas: [replica({ name: 'slow#0' }), replica()] },
    'a 1 to cpu#0',
  ],
  [
    'a slow replica gets a smaller share of the work: a third',
    {
      requests: [request('a', times(9, 10), { prefixTokens: 0 })],
      replicas: [replica({ name: 'slow#0', lastBucket: 10 }), replica()],
    },
    'a 6 to cpu#0',
  ],
  [
    'of equally fast replicas, the one that ran the bucket last',
    {
      requests: [request('a', [20])],
      replicas: [replica({ name: 'cpu#1' }), replica({ lastBucket: 20 })],
    },
    'a 1 to cpu#0',
  ],
  [
    'a busy replica gets no batch until shortly before it is idle: 10 ms and a twentieth',
    {
      requests: [request('a', times(20, 10))],
      replicas: [replica({ batches: 1, freeAtMs: 1_040 })],
    },
    'wait 1025',
  ],
  [
    'a busy replica gets its next batch shortly before it is idle',
    {
      requests: [request('a', times(20, 10))],
      replicas: [replica({ batches: 1, freeAtMs: 1_015 })],
    },
    'a 9 to cpu#0',
  ],
  [
    'a replica that ran out of memory gets at most its token cap',
    { requests: [request('a', times(9, 10))], replicas: [replica({ tokenCap: 50 })] },
    'a 4 to cpu#0',
  ],
  [
    'a request that can no longer finish in time expires before it runs',
    { requests: [request('late', times(9, 10), { deadlineAtMs: nowMs + 70 })] },
    'expire late',
  ],
  [
    'a request predicted to be late by less than a fifth still runs',
    { requests: [request('a', times(9, 10), { deadlineAtMs: nowMs + 85 })] },
    'a 9 to cpu#0',
  ],
  [
    'running batches count: the same request after a running batch expires',
    {
      requests: [request('late', times(9, 10), { deadlineAtMs: nowMs + 85 })],
      replicas: [replica({ batches: 1, freeAtMs: nowMs + 30 })],
    },
    'expire late',
  ],
  [
    'the policy wakes when a waiting request can no longer finish, not at its deadline',
    {
      requests: [request('a', [40], { deadlineAtMs: nowMs + 500 })],
      replicas: [replica({ batches: 2, freeAtMs: nowMs })],
    },
    'wait 1460',
  ],
  [
    'with partialOk a batch takes an eighth of the time left: 80 tokens in 640 ms',
    { requests: [request('a', times(20, 10), { deadlineAtMs: nowMs + 640, partialOk: true })] },
    'a 7 to cpu#0',
  ],
  [
    'without partialOk the batch is full',
    { requests: [request('a', times(20, 10), { deadlineAtMs: nowMs + 640 })] },
    'a 9 to cpu#0',
  ],
  [
    'with partialOk a batch takes at least twice the cost of its prefix',
    { requests: [request('a', times(20, 10), { deadlineAtMs: nowMs + 100, partialOk: true })] },
    'a 1 to cpu#0',
  ],
  [
    'partialOk has the same effect for a deferrable request',
    { deferrable: [request('d', times(20, 10), { deadlineAtMs: nowMs + 240, partialOk: true })] },
    'd 2 to cpu#0',
  ],
  [
    'with partialOk a batch has at least one row, if that may finish in time',
    { requests: [request('a', times(20, 10), { deadlineAtMs: nowMs + 30, partialOk: true })] },
    'a 1 to cpu#0',
  ],
  [
    'the time left counts from when a busy replica is free',
    {
      requests: [request('a', times(20, 10), { deadlineAtMs: nowMs + 255, partialOk: true })],
      replicas: [replica({ batches: 1, freeAtMs: nowMs + 15 })],
    },
    'a 2 to cpu#0',
  ],
  [
    'with partialOk and a running batch, a request waits for its deadline and starts nothing',
    {
      requests: [request('a', [50], { deadlineAtMs: nowMs + 30, partialOk: true, running: 3 })],
    },
    'wait 1030',
  ],
  [
    'deferrable requests run in half batches when no interactive one waits',
    {
      deferrable: [request('d', times(20, 10))],
      requests: [request('running', [], { running: 1 })],
    },
    'd 4 to cpu#0',
  ],
  [
    'deferrable requests do not run while an interactive one waits',
    {
      deferrable: [request('d', [10])],
      requests: [request('a', [10])],
      replicas: [replica({ batches: 1, freeAtMs: 1_500 })],
    },
    'wait 5000',
  ],
  [
    'deferrable requests are not prepared for a busy replica',
    {
      deferrable: [request('d', times(20, 10))],
      replicas: [replica({ batches: 1, freeAtMs: 1_001 })],
    },
    'wait 5000',
  ],
  [
    'a deferrable request that has waited long enough counts as interactive',
    { deferrable: [request('d', [10], { arrivedAtMs: nowMs - 5_000 })] },
    'promote d',
  ],
  [
    'spare work never counts as interactive, and runs in quarter batches',
    {
      deferrable: [request('own', times(20, 5), { arrivedAtMs: nowMs - 5_000, isSpareWork: true })],
    },
    'own 3 to cpu#0',
  ],
];

describe('the policy with known costs', () => {
  test.each(table)('%s', (_name, view, expected) => {
    expect(show(decide(view))).toBe(expected);
  });
});
