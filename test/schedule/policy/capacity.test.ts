import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { finishTimeAfterQueue, measureCapacity } from '../../../src/schedule/policy/capacity.ts';

describe('the finish time of queued work', () => {
  const table: readonly [string, readonly number[], number, number][] = [
    ['all idle: all replicas together', [0, 0], 10, 10],
    ['one busy: the other works alone', [0, 100], 10, 20],
    ['one busy for a while: it joins in when it is free', [0, 10], 10, 15],
    ['all busy: begins when the first is free', [30, 40], 1, 32],
    ['no work: when the first is free', [30, 40], 0, 30],
    ['no replica', [], 5, 0],
  ];
  test.each(table)('%s', (_name, busyMs, togetherMs, endMs) => {
    expect(finishTimeAfterQueue(busyMs, togetherMs)).toBe(endMs);
  });

  test('never ends earlier with more work or busier replicas', () => {
    const anyBusy = fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(anyBusy, fc.integer({ min: 0, max: 200 }), (given, work) => {
        const busyMs = given.toSorted((a, b) => a - b);
        const end = finishTimeAfterQueue(busyMs, work);
        expect(finishTimeAfterQueue(busyMs, work + 1)).toBeGreaterThan(end);
        expect(
          finishTimeAfterQueue(
            busyMs.map((busy) => busy + 5),
            work,
          ),
        ).toBeCloseTo(end + 5, 6);
        const done = busyMs.reduce((sum, busy) => sum + Math.max(0, end - busy), 0);
        expect(done).toBeCloseTo(work * busyMs.length, 6);
      }),
    );
  });
});

describe('capacity', () => {
  const replica = (name: string, freeAtMs = 0) => ({
    name,
    freeAtMs,
    batches: freeAtMs > 0 ? 1 : 0,
    packedTokens: 0,
    tokenCap: Number.POSITIVE_INFINITY,
    lastBucket: 0,
  });
  const pace = new Map([
    ['fast', 1],
    ['slow', 2],
  ]);
  const estimateMs = ({ packedTokens }: { packedTokens: number }, name: string) =>
    packedTokens * (pace.get(name) ?? 0);

  test('of a fast and a slow replica is one and a half times that of the fast one', () => {
    const capacity = measureCapacity(
      { replicas: [replica('slow'), replica('fast')], estimateMs },
      100,
      0,
    );
    expect(capacity.fastestMs({ packedTokens: 30 })).toBe(30);
    expect(capacity.togetherMs({ packedTokens: 30 })).toBeCloseTo(20);
  });

  test('the soonest end comes after the batches that replicas hold', () => {
    const capacity = measureCapacity({ replicas: [replica('fast', 50)], estimateMs }, 100, 10);
    expect(capacity.soonestMs({ packedTokens: 30 })).toBeCloseTo(70);
  });

  test('is 0 without replicas, or while one of them is unknown', () => {
    for (const replicas of [[], [replica('unknown')], [replica('unknown'), replica('fast')]]) {
      const capacity = measureCapacity({ replicas, estimateMs }, 100, 0);
      expect(capacity.togetherMs({ packedTokens: 30 })).toBe(0);
    }
  });
});
