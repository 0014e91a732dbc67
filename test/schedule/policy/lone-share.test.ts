import { describe, expect, test } from '@jest/globals';
import { at } from '../../../src/base/at.ts';
import { createPolicy, type PolicyLimits } from '../../../src/schedule/policy/policy.ts';
import type {
  EstimateMs,
  ReplicaLoad,
  ScheduleView,
  WaitingRequest,
} from '../../../src/schedule/policy/view.ts';

const limits: PolicyLimits = {
  tokenBudget: 1_000,
  lingerMs: 2,
  attentionGroups: 4,
  shareTokens: 250,
  agingMs: 1e9,
  deferrableWaitMs: 5_000,
};
const startAtMs = 1_000;
const times = (count: number, length: number) => new Array<number>(count).fill(length);

interface Fleet {
  /** Milliseconds of a token on each replica. */
  readonly tokenMs: readonly number[];
  /** Of a run without tokens, at one millisecond a token. */
  readonly fixedMs?: number;
  /** Until each replica is free. */
  readonly busyMs?: readonly number[];
}

interface Asked extends Partial<WaitingRequest> {
  readonly lengths: readonly number[];
}

interface Division {
  /** Candidates of each replica's batches, in their order. */
  readonly counts: readonly (readonly number[])[];
  /** When each replica ends, from the arrival on; of those without a batch undefined. */
  readonly endsMs: readonly (number | undefined)[];
}

function requestOf({ lengths, ...changed }: Asked): WaitingRequest {
  const prefixTokens = changed.prefixTokens ?? 10;
  return {
    deadlineAtMs: Number.POSITIVE_INFINITY,
    arrivedAtMs: startAtMs,
    running: 0,
    partialOk: false,
    isOverShare: false,
    waiting: lengths.map((length, index) => ({ index, length, bucket: length })),
    ...changed,
    prefixTokens,
    waitingTokens: lengths.reduce((sum, length) => sum + length, 0),
    waitingSlots: lengths.reduce((sum, length) => sum + length * (prefixTokens + length), 0),
  };
}

function estimatorOf({ tokenMs, fixedMs = 0 }: Fleet): EstimateMs {
  return ({ packedTokens }, name) =>
    (fixedMs + packedTokens) * at(tokenMs, Number(name.replace('cpu#', '')));
}

/** Carries out the policy's decisions on replicas that run exactly as long as predicted. */
function divide(fleet: Fleet, asked: Asked): Division {
  const policy = createPolicy(limits);
  const estimateMs = estimatorOf(fleet);
  let lengths = asked.lengths;
  let nowMs = startAtMs;
  const busyMs = fleet.busyMs ?? fleet.tokenMs.map(() => 0);
  const batches = busyMs.map((ms) => (ms > 0 ? [startAtMs + ms] : []));
  const counts = fleet.tokenMs.map((): number[] => []);
  while (lengths.length > 0) {
    batches.forEach((ends) => ends.splice(0, ends.filter((endAtMs) => endAtMs <= nowMs).length));
    const replicas = batches.map((ends, place) => ({
      name: `cpu#${place}`,
      batches: ends.length,
      packedTokens: 0,
      freeAtMs: ends.at(-1) ?? 0,
      tokenCap: Number.POSITIVE_INFINITY,
      lastBucket: 0,
    }));
    const head = requestOf({ ...asked, lengths });
    const view: ScheduleView<WaitingRequest, ReplicaLoad> = {
      requests: [head],
      deferrable: [],
      replicas,
      arrivalGapMs: Number.POSITIVE_INFINITY,
      estimateMs,
    };
    const decision = policy.decide(view, nowMs);
    if (decision.kind === 'wait') {
      nowMs = Math.min(decision.wakeAtMs, ...batches.flat());
      continue;
    }
    if (decision.kind !== 'dispatch') {
      throw new Error(`decided to ${decision.kind}`);
    }
    const { count } = at(decision.picks, 0);
    const place = replicas.findIndex(({ name }) => name === decision.replica.name);
    const tokens = lengths.slice(0, count).reduce((sum, length) => sum + length, 0);
    const runMs = estimateMs({ packedTokens: head.prefixTokens + tokens }, decision.replica.name);
    at(batches, place).push(Math.max(nowMs, decision.replica.freeAtMs) + runMs);
    at(counts, place).push(count);
    lengths = lengths.slice(count);
  }
  const endsMs = batches.map((ends, place) =>
    at(counts, place).length === 0 ? undefined : (ends.at(-1) ?? nowMs) - startAtMs,
  );
  return { counts, endsMs };
}

/** Between the first and the last end of those that took part. */
function spreadMs({ endsMs }: Division): number {
  const known = endsMs.filter((end) => end !== undefined);
  return Math.max(...known) - Math.min(...known);
}

describe('the parts of a lone request', () => {
  const table: readonly [string, Fleet, Asked, readonly (readonly number[])[]][] = [
    ['two equal replicas', { tokenMs: [1, 1] }, { lengths: times(50, 30) }, [[25], [25]]],
    ['an odd candidate', { tokenMs: [1, 1] }, { lengths: times(7, 30) }, [[4], [3]]],
    ['a replica half as fast', { tokenMs: [1, 2] }, { lengths: times(30, 20) }, [[20], [10]]],
    ['four replicas', { tokenMs: [1, 1, 1, 1] }, { lengths: times(12, 40) }, [[3], [3], [3], [3]]],
    ['few short candidates', { tokenMs: [1, 1] }, { lengths: times(4, 20) }, [[2], [2]]],
    ['two candidates', { tokenMs: [1, 1] }, { lengths: [40, 60] }, [[1], [1]]],
    ['one candidate', { tokenMs: [1, 1] }, { lengths: [40] }, [[1], []]],
    [
      'short ones first, long ones beside',
      { tokenMs: [1, 1] },
      { lengths: [20, 20, 20, 60] },
      [[3], [1]],
    ],
    [
      'parts too small for a run of their own',
      { tokenMs: [1, 1], fixedMs: 40 },
      { lengths: times(4, 20) },
      [[4], []],
    ],
    [
      'a prefix too long to compute twice',
      { tokenMs: [1, 1] },
      { lengths: times(4, 20), prefixTokens: 60 },
      [[4], []],
    ],
    [
      'a replica that is free soon',
      { tokenMs: [1, 1], busyMs: [0, 100] },
      { lengths: times(10, 50) },
      [[6], [4]],
    ],
    [
      'a replica that is not free in time',
      { tokenMs: [1, 1], busyMs: [0, 500] },
      { lengths: times(10, 50) },
      [[10], []],
    ],
    [
      'a deadline',
      { tokenMs: [1, 1] },
      { lengths: times(20, 30), deadlineAtMs: startAtMs + 400 },
      [[10], [10]],
    ],
  ];
  test.each(table)('%s', (_name, fleet, asked, expected) => {
    expect(divide(fleet, asked).counts).toEqual(expected);
  });

  const many: readonly [string, Fleet, Asked][] = [
    ['more than two budgets', { tokenMs: [1, 1] }, { lengths: times(50, 164) }],
    ['mixed lengths', { tokenMs: [1, 1, 1] }, { lengths: [...times(20, 30), ...times(9, 120)] }],
    ['three speeds', { tokenMs: [1, 1.5, 3], fixedMs: 5 }, { lengths: times(60, 50) }],
    ['a prefix', { tokenMs: [1, 1] }, { lengths: times(30, 60), prefixTokens: 80 }],
    [
      'a partial answer that may be cut',
      { tokenMs: [1, 1] },
      { lengths: times(40, 30), partialOk: true },
    ],
  ];
  test.each(many)('end within one candidate of each other: %s', (_name, fleet, asked) => {
    const division = divide(fleet, asked);
    const estimateMs = estimatorOf(fleet);
    const slowest = `cpu#${fleet.tokenMs.length - 1}`;
    const longest = Math.max(...asked.lengths);
    const candidateMs =
      estimateMs({ packedTokens: longest }, slowest) - estimateMs({ packedTokens: 0 }, slowest);
    const { counts } = division;
    expect(counts.flat().reduce((sum, count) => sum + count, 0)).toBe(asked.lengths.length);
    expect(counts.every(({ length }) => length > 0)).toBe(true);
    expect(spreadMs(division)).toBeLessThanOrEqual(candidateMs);
  });

  test('are batches of an eighth of the time left where the answer may be partial', () => {
    const asked = { lengths: times(40, 30), partialOk: true, deadlineAtMs: startAtMs + 800 };
    const { counts } = divide({ tokenMs: [1, 1] }, asked);
    expect(counts.map(([first]) => first)).toEqual([3, 3]);
  });
});

test('a request beside another one that is unanswered is divided only where much waits', () => {
  const replicas = ['cpu#0', 'cpu#1'].map((name) => ({
    name,
    batches: 0,
    packedTokens: 0,
    freeAtMs: 0,
    tokenCap: Number.POSITIVE_INFINITY,
    lastBucket: 0,
  }));
  const head = requestOf({ lengths: times(8, 30) });
  const running = requestOf({ lengths: [], running: 3 });
  const decision = createPolicy(limits).decide(
    {
      requests: [head, running],
      deferrable: [],
      replicas,
      arrivalGapMs: Number.POSITIVE_INFINITY,
      estimateMs: estimatorOf({ tokenMs: [1, 1] }),
    },
    startAtMs,
  );
  expect(decision).toMatchObject({ kind: 'dispatch', picks: [{ count: 8 }] });
});
