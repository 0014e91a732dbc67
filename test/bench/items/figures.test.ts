import { describe, expect, test } from '@jest/globals';
import {
  compareScores,
  describeWindow,
  findFaults,
  findLost,
  rateOf,
  toleranceOf,
} from '../../../bench/items/figures.ts';

describe('rateOf', () => {
  test('leaves out the answers while the server fills and runs empty', () => {
    // Two in flight: a slow first answer and a slow last one, and 200 ms between the others.
    expect(rateOf([5000, 5200, 5400, 5600, 5800, 6000, 9000], 2)).toBeCloseTo(5);
  });

  test('refuses too few answers', () => {
    expect(() => rateOf([1, 2, 3, 4], 2)).toThrow('4 answers with 2 in flight are too few');
  });
});

test('a window has the latencies of what was answered, and counts the rest by status', () => {
  const sent = [
    { sentAtMs: 0, endedAtMs: 30, code: 'OK' },
    { sentAtMs: 10, endedAtMs: 20, code: 'OK' },
    { sentAtMs: 20, endedAtMs: 900, code: 'UNAVAILABLE' },
  ];
  expect(describeWindow(sent)).toEqual({
    requests: 3,
    answered: 2,
    failed: { UNAVAILABLE: 1 },
    latencyMs: { p50: 10, p95: 30, p99: 30, max: 30 },
  });
  expect(describeWindow([])).toEqual({ requests: 0, answered: 0, failed: {} });
});

test('an item is lost when it is not listed, or in a lower version; a higher one is fine', () => {
  const acknowledged = ['a', 'b', 'c', 'd'].map((id) => ({ id, version: '10' }));
  const listed = [
    { id: 'a', version: '10' },
    { id: 'b', version: '9' },
    { id: 'c', version: '11' },
  ];
  expect(findLost(acknowledged, listed)).toEqual(['b', 'd']);
});

test('scores are compared by place, and what only one has is counted', () => {
  const one = new Map([
    [0, 0.5],
    [1, 0.25],
    [2, 0.75],
  ]);
  const other = new Map([
    [0, 0.5],
    [1, 0.26],
    [3, 0.1],
  ]);
  const { largest, ...counts } = compareScores(one, other);
  expect(counts).toEqual({ candidates: 4, equal: 1, missing: 2 });
  expect(largest).toBeCloseTo(0.01, 9);
});

describe('findFaults', () => {
  const fine = {
    lost: { afterRestart: [], atEnd: [] },
    changed: [],
    match: { candidates: 250, equal: 249, largest: 1e-3, missing: 0 },
    tolerance: toleranceOf('int8'),
  };

  test('an int8 model may differ by 2e-3 between packed shapes, fp32 by 1e-5', () => {
    expect(findFaults(fine)).toEqual([]);
    expect(findFaults({ ...fine, tolerance: toleranceOf('fp32') })).toEqual([
      'scores by id and by text differ by 0.001; at most 0.00001 is allowed',
    ]);
  });

  test('names all that must not be; an item lost twice is one item', () => {
    expect(
      findFaults({
        ...fine,
        lost: { afterRestart: ['a'], atEnd: ['a', 'b'] },
        changed: ['c'],
        match: { ...fine.match, missing: 3 },
      }),
    ).toEqual([
      '2 acknowledged items are lost',
      '1 items came back with other texts',
      '3 candidates were scored by id or by text only',
    ]);
  });
});
