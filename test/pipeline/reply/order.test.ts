import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type CandidateOutcome,
  orderResults,
  probabilityOf,
} from '../../../src/pipeline/reply/order.ts';

const all = { scoreKind: 'logit', minScore: undefined, topN: undefined } as const;

/** Logits whose difference is the margin; undefined is not scored. */
function outcomesOf(margins: readonly (number | undefined)[]): readonly CandidateOutcome[] {
  return margins.map((margin) => ({
    score:
      margin === undefined ? undefined : { yes: margin + 1, no: 1, tokens: 3, truncated: false },
    cached: false,
  }));
}

function placesOf(
  margins: readonly (number | undefined)[],
  wanted: Partial<Parameters<typeof orderResults>[1]>,
) {
  return orderResults(outcomesOf(margins), { ...all, ...wanted }).map(({ index }) => index);
}

describe('the order of results', () => {
  test.each([
    ['best first', [1, 3, 2], {}, [1, 2, 0]],
    ['ties in input order', [2, 5, 2, 5], {}, [1, 3, 0, 2]],
    ['cut to topN', [1, 3, 2], { topN: 2 }, [1, 2]],
    ['topN past the end', [1, 3], { topN: 9 }, [1, 0]],
    ['at least minScore, as a logit', [1, 3, 2], { minScore: 2 }, [1, 2]],
    [
      'at least minScore, as a probability',
      [0, 3, -1],
      { minScore: 0.5, scoreKind: 'probability' },
      [1, 0],
    ],
    ['not scored follows in input order', [undefined, 1, undefined, 3], {}, [3, 1, 0, 2]],
    ['minScore keeps unscored candidates', [undefined, 1, 3], { minScore: 2 }, [2, 0]],
    ['topN counts unscored candidates', [undefined, 1], { topN: 1 }, [1]],
  ] as const)('%s', (_name, margins, wanted, expected) => {
    expect(placesOf(margins, wanted)).toEqual(expected);
  });

  test('probabilities too close to 1 to differ are ordered by their logits', () => {
    expect(placesOf([50, 60, 55], { scoreKind: 'probability' })).toEqual([1, 2, 0]);
  });

  test('a result has all of its fields', () => {
    const outcomes = outcomesOf([0, undefined]).map((outcome) => ({
      ...outcome,
      cached: outcome.score !== undefined,
    }));
    expect(orderResults(outcomes, { ...all, scoreKind: 'probability' })).toEqual([
      { index: 0, score: 0.5, logit: 0, tokens: 3, truncated: false, scored: true, cached: true },
      { index: 1, score: 0, logit: 0, tokens: 0, truncated: false, scored: false, cached: false },
    ]);
  });
});

describe('p(yes)', () => {
  test.each([
    [0, 0.5],
    [Math.log(3), 0.75],
    [-Math.log(3), 0.25],
    [2_000, 1],
    [-2_000, 0],
  ])('of %p is %p', (logit, expected) => {
    expect(probabilityOf(logit)).toBeCloseTo(expected, 12);
  });

  test('is between 0 and 1, and p(no) is the rest', () => {
    fc.assert(
      fc.property(fc.double({ min: -1e4, max: 1e4, noNaN: true }), (logit) => {
        const p = probabilityOf(logit);
        expect(p >= 0 && p <= 1).toBe(true);
        expect(p + probabilityOf(-logit)).toBeCloseTo(1, 12);
      }),
    );
  });
});
