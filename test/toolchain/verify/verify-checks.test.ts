import { describe, expect, it } from '@jest/globals';
import type { Logits } from '../../../src/batch/pack/score-rows.ts';
import {
  checkDistinct,
  checkIdentical,
  checkLogits,
  checkOrder,
  checkProbabilities,
} from '../../../src/toolchain/verify/verify-checks.ts';

describe('checks', () => {
  const places = ['first', 'second'];

  it('notice a difference of a single bit', () => {
    const expected = new Map([[0, [1, 2] as const]]);
    const found = new Map([[0, [1, 2 + Number.EPSILON * 2] as const]]);
    expect(checkIdentical('x', { found, expected }, places)).toMatchObject({
      passed: false,
      detail: '1 of 1 rows differ; first: 1,2.0000000000000004, not 1,2',
    });
  });

  it('notice different rows with equal scores, but accept equal rows', () => {
    const prefix = Int32Array.of(1);
    const rows = [
      { prefix, ids: Int32Array.of(2) },
      { prefix, ids: Int32Array.of(3) },
    ];
    const scores = new Map([0, 1].map((row) => [row, [1, 2] as const]));
    expect(checkDistinct(rows, scores, places)).toMatchObject({
      passed: false,
      detail: 'first and second',
    });
    const twins = rows.map(() => ({ prefix, ids: Int32Array.of(2) }));
    expect(checkDistinct(twins, scores, places).passed).toBe(true);
  });

  const pairOf = (found: Logits[], expected: Logits[]) => ({
    found: new Map(found.entries()),
    expected: new Map(expected.entries()),
  });

  it('name the row with the largest difference of a logit, and the mean', () => {
    const pair = pairOf(
      [
        [1, 2],
        [1, 2.5],
      ],
      [
        [1, 2.25],
        [1.5, 2],
      ],
    );
    expect(checkLogits('x', pair, places, 0.5)).toEqual({
      name: 'x',
      passed: true,
      largest: 0.5,
      tolerance: 0.5,
      mean: 0.375,
      detail: 'second',
    });
    expect(checkLogits('x', pair, places, 0.4).passed).toBe(false);
  });

  it('fail on a row without scores', () => {
    const pair = pairOf(
      [[1, 2]],
      [
        [1, 2],
        [1, 2],
      ],
    );
    expect(checkLogits('x', pair, places, 9)).toMatchObject({
      passed: false,
      largest: Infinity,
      detail: 'second',
    });
  });

  it('compare p(yes), not logits', () => {
    // Both give p(yes) = 1/2.
    const pair = pairOf([[5, 5]], [[0, 0]]);
    expect(checkProbabilities('x', pair, places, 0)).toMatchObject({ passed: true, largest: 0 });
    const apart = pairOf([[Math.log(3), 0]], [[0, 0]]);
    expect(checkProbabilities('x', apart, places, 0.1).largest).toBeCloseTo(0.25, 12);
  });

  it('count the pairs of one request that keep their order, without ties of the reference', () => {
    const [first, second] = [Int32Array.of(1), Int32Array.of(2)];
    const rows = [first, first, first, second].map((prefix) => ({ prefix, ids: Int32Array.of(3) }));
    // Pairs of the first request: 0 and 1 tie in the reference, 0 and 2 swap, 1 and 2 do not.
    const pair = pairOf(
      [
        [0, 0],
        [3, 0],
        [1, 0],
        [9, 0],
      ],
      [
        [5, 0],
        [5, 0],
        [2, 0],
        [0, 0],
      ],
    );
    expect(checkOrder(rows, pair, 0.5)).toMatchObject({
      passed: true,
      detail: "1 of 2 pairs in the reference's order (at least 50 %)",
    });
    expect(checkOrder(rows, pair, 0.6).passed).toBe(false);
  });
});
