import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
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

const limits: PolicyLimits = {
  tokenBudget: 100,
  lingerMs: 5,
  attentionGroups: 2,
  shareTokens: 25,
  agingMs: 1e9,
  deferrableWaitMs: Infinity,
};
const nowMs = 1_000;
const longAgo = 0;

type View = ScheduleView<Named, ReplicaLoad>;

interface Named extends WaitingRequest {
  readonly name: string;
}

/** Lengths ascending; a bucket for every ten. */
function request(
  name: string,
  lengths: readonly number[],
  {
    deadlineAtMs = 9_000,
    arrivedAtMs = longAgo,
    prefixTokens = 10,
    partialOk = false,
    running = 0,
    isOverShare = false,
  } = {},
): Named {
  const waiting = lengths.map((length, index) => ({
    index,
    length,
    bucket: Math.ceil(length / 10) * 10,
  }));
  const waitingTokens = lengths.reduce((sum, length) => sum + length, 0);
  const waitingSlots = lengths.reduce((sum, length) => sum + length * (prefixTokens + length), 0);
  const turn = { deadlineAtMs, arrivedAtMs, partialOk, running, isOverShare };
  return { name, ...turn, prefixTokens, waiting, waitingTokens, waitingSlots };
}

const replica = (changed: Partial<ReplicaLoad> = {}): ReplicaLoad => ({
  name: 'cpu#0',
  batches: 0,
  packedTokens: 0,
  freeAtMs: 0,
  tokenCap: Number.POSITIVE_INFINITY,
  lastBucket: 0,
  ...changed,
});
const idle = () => replica();
const busy = (batches: number, packedTokens = 50) => replica({ batches, packedTokens });
const times = (count: number, length: number) => new Array<number>(count).fill(length);

const quiet = { deferrable: [], arrivalGapMs: 0, estimateMs: () => 0 };

function decide(
  requests: readonly Named[],
  replicas: readonly ReplicaLoad[],
  { limits: own = limits, ...view }: Partial<View> & { limits?: PolicyLimits } = {},
) {
  return createPolicy(own).decide({ ...quiet, ...view, requests, replicas }, nowMs);
}

function picksOf(decision: Decision<Named, ReplicaLoad>): Record<string, number> {
  if (decision.kind !== 'dispatch') {
    throw new Error(`decided to ${decision.kind}`);
  }
  return Object.fromEntries(decision.picks.map(({ request: { name }, count }) => [name, count]));
}

describe('the contents of a batch', () => {
  const table: readonly [string, readonly Named[], Record<string, number>][] = [
    ['a small request runs in one batch', [request('a', [10, 10])], { a: 2 }],
    [
      'small requests of similar lengths share a batch',
      [request('a', [10, 10]), request('b', [10]), request('c', [9, 10])],
      { a: 2, b: 1, c: 2 },
    ],
    ['a large request is split at the budget', [request('a', times(20, 10))], { a: 9 }],
    [
      'each prefix counts once towards the budget',
      [request('a', times(4, 10)), request('b', times(4, 10))],
      { a: 4, b: 4 },
    ],
    [
      'a small request is not split to fill the last gap',
      [request('a', times(8, 10)), request('b', [10, 10])],
      { a: 8 },
    ],
    [
      'the last gap is filled with a part of a large request',
      [request('a', times(5, 10)), request('b', times(20, 10))],
      { a: 5, b: 3 },
    ],
    ['a candidate longer than the budget runs alone', [request('a', [300, 300])], { a: 1 }],
    [
      'such a candidate shares its batch with no other request',
      [request('a', [300]), request('b', [10], { deadlineAtMs: 9_500 })],
      { a: 1 },
    ],
    [
      'the shortest candidates of a request run first',
      [request('a', [10, 10, 20, 60, 60])],
      { a: 3 },
    ],
    [
      'requests of the same bucket are added before earlier ones of another bucket',
      [request('a', times(3, 10)), request('b', [30]), request('c', times(4, 10))],
      { a: 3, c: 4 },
    ],
    [
      'a request of another bucket is added if there is room left',
      [request('a', times(3, 10)), request('b', [30])],
      { a: 3, b: 1 },
    ],
    [
      'no more buckets are added than the graph has groups',
      [request('a', [10]), request('b', [20]), request('c', [30])],
      { a: 1, b: 1 },
    ],
    ['requests with nothing waiting are skipped', [request('a', []), request('b', [10])], { b: 1 }],
  ];
  test.each(table)('%s', (_name, requests, expected) => {
    expect(picksOf(decide(requests, [idle()]))).toEqual(expected);
  });

  test('the first request in the queue is always in the batch', () => {
    const requests = [request('urgent', times(30, 20)), request('other', [10])];
    expect(picksOf(decide(requests, [idle()]))).toEqual({ urgent: 4 });
  });
});

describe('the replica of a batch', () => {
  test('is the one with the fewest batches', () => {
    const replicas = [busy(1, 10), idle(), busy(2)];
    expect(decide([request('a', [10])], replicas)).toMatchObject({ replica: replicas[1] });
  });

  test('is a busy one if the queue fills a second batch', () => {
    const replicas = [busy(1, 90), busy(1, 40)];
    const full = decide([request('a', times(9, 10))], replicas);
    expect(full).toMatchObject({ kind: 'dispatch', replica: replicas[1] });
  });

  test('is not a busy one before that, since more requests may arrive', () => {
    expect(decide([request('a', times(8, 10))], [busy(1)])).toEqual({
      kind: 'wait',
      wakeAtMs: 9_000,
    });
  });

  test('never gets a third batch', () => {
    const decision = decide([request('a', times(50, 10))], [busy(2), busy(2)]);
    expect(decision.kind).toBe('wait');
  });

  test('is one of two idle ones that share the work, each with the prefix', () => {
    const requests = [request('a', times(8, 10))];
    expect(picksOf(decide(requests, [idle(), idle()]))).toEqual({ a: 4 });
    expect(picksOf(decide(requests, [idle(), busy(1)]))).toEqual({ a: 8 });
  });

  test('gets all of the work if the shares would be too small for a second prefix', () => {
    expect(picksOf(decide([request('a', times(3, 10))], [idle(), idle()]))).toEqual({ a: 3 });
  });

  test('gets at most half a batch of a request over its share, and the usual share of idle replicas', () => {
    const beyond = [request('a', times(40, 10), { isOverShare: true })];
    expect(picksOf(decide(beyond, [idle()]))).toEqual({ a: 4 });
    const little = [request('a', times(8, 10), { isOverShare: true })];
    const four = [idle(), idle(), idle(), idle()];
    expect(picksOf(decide(little, four))).toEqual(
      picksOf(decide([request('a', times(8, 10))], four)),
    );
  });

  test('gets a full batch if there is work for many, however many replicas are idle', () => {
    expect(picksOf(decide([request('a', times(40, 10))], [idle(), idle()]))).toEqual({ a: 9 });
  });
});

describe('the dispatch of a batch', () => {
  const fresh = { arrivedAtMs: nowMs - 2 };

  test('is delayed by the linger if the batch is not full', () => {
    const decision = decide([request('a', [10], fresh)], [idle()]);
    expect(decision).toEqual({ kind: 'wait', wakeAtMs: nowMs + 3 });
  });

  test('is delayed from the arrival of the oldest request on', () => {
    const requests = [request('a', [10], fresh), request('b', [10], { arrivedAtMs: nowMs - 5 })];
    expect(picksOf(decide(requests, [idle()]))).toEqual({ a: 1, b: 1 });
  });

  test('is immediate for a full batch', () => {
    expect(picksOf(decide([request('a', times(9, 10), fresh)], [idle()]))).toEqual({ a: 9 });
  });

  test('is preceded by a deadline within the linger', () => {
    const requests = [request('a', [10], { ...fresh, deadlineAtMs: nowMs + 1 })];
    expect(decide(requests, [idle()])).toEqual({ kind: 'wait', wakeAtMs: nowMs + 1 });
  });

  test('does not happen for an empty queue, nor before the deadline of running work', () => {
    expect(decide([], [idle()])).toEqual({ kind: 'wait', wakeAtMs: Number.POSITIVE_INFINITY });
    const running = request('a', [], { deadlineAtMs: 5_000 });
    expect(decide([running], [idle()])).toEqual({ kind: 'wait', wakeAtMs: 5_000 });
  });

  test('follows the expiry of requests whose deadline has passed', () => {
    const late = request('late', [10], { deadlineAtMs: nowMs });
    const decision = decide([late, request('b', times(50, 10))], [idle()]);
    expect(decision).toEqual({ kind: 'expire', request: late });
  });
});

test('no batch is over the budget unless it holds a single candidate', () => {
  const anyRequest = fc.record({
    lengths: fc.array(fc.integer({ min: 1, max: 150 }), { maxLength: 20 }),
    prefixTokens: fc.integer({ min: 0, max: 60 }),
  });
  fc.assert(
    fc.property(
      fc.array(anyRequest, { maxLength: 8 }),
      fc.integer({ min: 1, max: 4 }),
      (given, replicas) => {
        const requests = given.map(({ lengths, prefixTokens }, index) =>
          request(
            `r${index}`,
            lengths.sort((a, b) => a - b),
            { prefixTokens },
          ),
        );
        const decision = decide(requests, Array.from({ length: replicas }, idle));
        const picks = decision.kind === 'dispatch' ? decision.picks : [];
        const candidates = picks.reduce((sum, { count }) => sum + count, 0);
        const tokens = picks.reduce(
          (sum, { request: { prefixTokens, waiting }, count }) =>
            waiting.slice(0, count).reduce((own, { length }) => own + length, sum + prefixTokens),
          0,
        );
        const waits = requests.every(({ waiting }) => waiting.length === 0);
        expect(candidates > 0).toBe(!waits);
        expect(candidates === 1 || tokens <= limits.tokenBudget).toBe(true);
      },
    ),
  );
});
