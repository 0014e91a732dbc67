import { describe, expect, test } from '@jest/globals';
import { orderOf, summarize } from '../../../bench/replicas/figures.ts';
import { parseMemory } from '../../../bench/replicas/memory.ts';

const timing = (wallMs: number) => ({ wallMs, encodeMs: 1, queueMs: 0, runMs: wallMs - 1 });

describe('the figures of a lone request', () => {
  test('are the time with two replicas over half of the time with one, in each round', () => {
    const rounds = [
      { one: timing(100), two: timing(50) },
      { one: timing(200), two: timing(110) },
      { one: timing(100), two: timing(60) },
    ];
    const { one, two, ratio } = summarize(rounds);
    expect(one).toEqual(timing(100));
    expect(two).toEqual(timing(60));
    expect(ratio.median).toBeCloseTo(1.1);
    expect(ratio.low).toBeCloseTo(1.05);
    expect(ratio.high).toBeCloseTo(1.15);
  });

  test('alternate in which number of replicas is measured first', () => {
    expect([0, 1, 2].map((round) => orderOf(round)[0])).toEqual(['one', 'two', 'one']);
  });
});

test("a process's memory is read in megabytes", () => {
  const rollup = [
    '55d0-7ffe ---p 00000000 00:00 0    [rollup]',
    'Rss:              409600 kB',
    'Pss:              204800 kB',
    'Pss_Anon:         102400 kB',
    'Private_Dirty:    153600 kB',
    'Anonymous:        102400 kB',
  ].join('\n');
  expect(parseMemory(rollup)).toEqual({ anonymousMb: 100, proportionalMb: 200 });
});
