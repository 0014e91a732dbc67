import { describe, expect, test } from '@jest/globals';
import { findReplica, relativeSpeed } from '../../../src/schedule/policy/route.ts';
import type { ReplicaLoad } from '../../../src/schedule/policy/view.ts';

const nowMs = 1_000;
const replica = (name: string, changed: Partial<ReplicaLoad> = {}): ReplicaLoad => ({
  name,
  batches: 0,
  packedTokens: 0,
  freeAtMs: 0,
  tokenCap: Number.POSITIVE_INFINITY,
  lastBucket: 0,
  ...changed,
});
/** A token takes 1 ms, or 2 ms on a replica whose name starts with `slow`. */
const estimateMs = ({ packedTokens }: { packedTokens: number }, name: string) =>
  packedTokens * (name.startsWith('slow') ? 2 : 1);

function route(replicas: readonly ReplicaLoad[], mayPrepare = false) {
  const view = { requests: [], deferrable: [], replicas, arrivalGapMs: 0, estimateMs };
  return findReplica(view, { nowMs, packedTokens: 100, bucket: 20, mayPrepare });
}

describe('the replica of a batch', () => {
  test('is the one that would finish first', () => {
    const [slow, fast] = [replica('slow#0'), replica('cpu#0')];
    expect(route([slow, fast])).toEqual({ replica: fast });
  });

  test('is, on a tie, one that ran the bucket last', () => {
    const [other, same] = [
      replica('cpu#0', { lastBucket: 10 }),
      replica('cpu#1', { lastBucket: 20 }),
    ];
    expect(route([other, same])).toEqual({ replica: same });
  });

  test('is an idle one rather than a busy one that would finish first', () => {
    const busy = replica('cpu#0', { batches: 1, freeAtMs: nowMs + 5 });
    const idle = replica('slow#0');
    expect(route([busy, idle], true)).toEqual({ replica: idle });
  });

  test('is a busy one only if the batch may be prepared, and shortly before it is free', () => {
    const busy = (freeAtMs: number) => [replica('cpu#0', { batches: 1, freeAtMs })];
    expect(route(busy(nowMs))).toEqual({ wakeAtMs: Number.POSITIVE_INFINITY });
    // A batch of 100 ms is prepared 10 + 100 / 20 ms early.
    expect(route(busy(nowMs + 16), true)).toEqual({ wakeAtMs: nowMs + 1 });
    expect(route(busy(nowMs + 15), true)).toMatchObject({ replica: { name: 'cpu#0' } });
  });
});

test('a relative speed compares a replica with the mean of all', () => {
  const [slow, fast] = [replica('slow#0'), replica('cpu#0')];
  const view = { replicas: [slow, fast], estimateMs };
  expect(relativeSpeed(view, [slow, fast], fast)).toBeCloseTo(4 / 3, 9);
  expect(relativeSpeed(view, [slow, fast], slow)).toBeCloseTo(2 / 3, 9);
  expect(relativeSpeed({ ...view, estimateMs: () => 0 }, [slow, fast], slow)).toBe(1);
});
