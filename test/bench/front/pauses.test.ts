import { describe, expect, it } from '@jest/globals';
import { at } from '../../../src/base/at.ts';
import { longestMs, observedSince, readHistogram } from '../../../bench/front/pauses.ts';

const name = 'slmrank_gc_pause_seconds';

function exposition(minor: readonly number[], major: readonly number[]): string {
  const bounds = ['0.001', '0.01', '+Inf'];
  const lines = (kind: string, counts: readonly number[]) =>
    counts.map((count, i) => `${name}_bucket{kind="${kind}",le="${at(bounds, i)}"} ${count}`);
  return [
    `# TYPE ${name} histogram`,
    ...lines('minor', minor),
    `${name}_sum{kind="minor"} 0.5`,
    ...lines('major', major),
    `other_seconds_bucket{le="0.001"} 1000`,
  ].join('\n');
}

describe('readHistogram', () => {
  it('turns cumulative counts into those of each bucket, over all kinds', () => {
    expect([...readHistogram(exposition([3, 5, 5], [0, 1, 2]), name)]).toEqual([
      [0.001, 3],
      [0.01, 3],
      [Number.POSITIVE_INFINITY, 1],
    ]);
  });
});

describe('longestMs', () => {
  it('is the bound of the highest bucket that was used in the window', () => {
    const before = readHistogram(exposition([3, 5, 5], [0, 1, 2]), name);
    const after = readHistogram(exposition([9, 12, 12], [0, 1, 2]), name);
    expect(longestMs(observedSince(before, after))).toBe(10);
    expect(longestMs(observedSince(after, after))).toBe(0);
  });
});
