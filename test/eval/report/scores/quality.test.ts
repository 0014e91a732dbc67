import { describe, expect, test } from '@jest/globals';
import {
  compareQualities,
  measureRun,
  type QueryQualities,
  summarizeKinds,
} from '../../../../src/eval/report/scores/quality.ts';

const entries = (...ids: string[]) => ids.map((id, i) => ({ id, score: -i }));
const judgements = new Map([
  [
    'q1',
    new Map([
      ['a', 1],
      ['b', 2],
    ]),
  ],
  ['q2', new Map([['c', 1]])],
]);
/** 1 / log2(3): the discount of the second place. */
const second = 1 / Math.log2(3);

describe('measureRun', () => {
  test('gives NDCG@10 and the first candidate of each judged query', () => {
    const run = new Map([
      ['q1', entries('a', 'b')],
      ['q2', entries('x', 'c')],
      ['unjudged', entries('a')],
    ]);
    // q1: (1 + 3 / log2 3) over (3 + 1 / log2 3). q2: the only relevant one stands second.
    expect([...measureRun(run, judgements)]).toEqual([
      ['q1', { ndcg10: (1 + 3 * second) / (3 + second), first: 'a' }],
      ['q2', { ndcg10: second, first: 'x' }],
    ]);
  });
});

function qualities(...values: readonly (readonly [number, string])[]): QueryQualities {
  return new Map(values.map(([ndcg10, first], i) => [`q${i + 1}`, { ndcg10, first }]));
}

describe('summarizeKinds', () => {
  test('shows all queries and each kind, by name', () => {
    const queries = new Map(
      ['need', 'title', 'need', undefined].map((kind, i) => {
        const id = `q${i + 1}`;
        return [id, { id, text: '', kind }];
      }),
    );
    const found = summarizeKinds(
      qualities([0.2, 'a'], [0.9, 'a'], [0.4, 'a'], [0.5, 'a']),
      queries,
    );
    expect(found.map(({ kind, queries: count }) => [kind, count])).toEqual([
      ['all', 4],
      ['need', 2],
      ['title', 1],
    ]);
    expect(found.map(({ ndcg10 }) => ndcg10.mean)).toEqual([
      expect.closeTo(0.5),
      expect.closeTo(0.3),
      0.9,
    ]);
  });
});

describe('compareQualities', () => {
  test('pairs by query: a difference that is always the same has no width, however the queries vary', () => {
    const own = qualities([0.1, 'a'], [0.5, 'b'], [0.9, 'c'], [0.7, 'd']);
    const other = qualities([0.2, 'a'], [0.6, 'b'], [1, 'c'], [0.8, 'x']);
    const { ndcg10, relative, sameFirst, against } = compareQualities(own, other, 'dense');
    for (const value of [ndcg10.mean, ndcg10.low, ndcg10.high]) {
      expect(value).toBeCloseTo(-0.1, 12);
    }
    // -0.1 over a mean of 0.65; three of four first places are the same.
    expect([relative, sameFirst, against]).toEqual([expect.closeTo(-0.1 / 0.65), 0.75, 'dense']);
  });

  test('of two queries the interval reaches from the one to the other', () => {
    const { ndcg10 } = compareQualities(
      qualities([0.5, 'a'], [0.5, 'a']),
      qualities([0.5, 'a'], [0.3, 'a']),
      'other',
    );
    // A quarter of the resamples draws one query twice: more than 2.5 % at either end.
    expect([ndcg10.mean, ndcg10.low, ndcg10.high]).toEqual([
      expect.closeTo(0.1),
      0,
      expect.closeTo(0.2),
    ]);
  });

  test('refuses orders of different queries', () => {
    expect(() => compareQualities(qualities([1, 'a']), qualities([1, 'a'], [1, 'a']), 'b')).toThrow(
      '1 queries, 2 of b, 1 in both',
    );
  });
});
