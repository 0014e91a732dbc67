import { describe, expect, test } from '@jest/globals';
import { evaluate, type EvaluateInput } from '../../../src/eval/measures/evaluate.ts';
import type { Run } from '../../../src/eval/data/trec-run.ts';

function runOf(orders: Record<string, string[]>): Run {
  return new Map(
    Object.entries(orders).map(([query, ids]) => [
      query,
      ids.map((id, place) => ({ id, score: -place })),
    ]),
  );
}

const input: EvaluateInput = {
  judgements: new Map([
    [
      'q1',
      new Map([
        ['a', 1],
        ['b', 0],
      ]),
    ],
    [
      'q2',
      new Map([
        ['a', 0],
        ['b', 2],
      ]),
    ],
    ['q4', new Map([['a', 1]])],
  ]),
  queries: new Map(
    [
      ['q1', 'need'],
      ['q2', 'title'],
      ['q3', 'need'],
    ].map(([id = '', kind]) => [id, { id, text: id, kind }]),
  ),
  run: runOf({ q1: ['a', 'b'], q2: ['a', 'b'], q3: ['a'] }),
  relevantFrom: 1,
};

describe('evaluate', () => {
  test('measures all judged queries and each kind, and counts the queries that were left out', () => {
    const { rows, unjudgedQueries, judgedNotInRun } = evaluate(input);
    const second = 1 / Math.log2(3);
    expect(
      rows.map(({ kind, queries, run }) => [kind, queries, run.ndcg10.mean, run.mrr10]),
    ).toEqual([
      ['all', 2, expect.closeTo((1 + second) / 2, 12), 0.75],
      ['need', 1, 1, 1],
      ['title', 1, expect.closeTo(second, 12), 0.5],
    ]);
    expect([unjudgedQueries, judgedNotInRun]).toEqual([1, 1]);
  });

  test('counts a grade as relevant for MRR from the given one on', () => {
    expect(evaluate({ ...input, relevantFrom: 2 }).rows[0]?.run.mrr10).toBe(0.25);
  });

  test('compares a new order with the run over the queries that were re-ranked', () => {
    const reranked = runOf({ q2: ['b', 'a'] });
    const [all] = evaluate({ ...input, reranked }).rows;
    expect(all).toMatchObject({ kind: 'all', queries: 1 });
    expect(all?.run.ndcg10.mean).toBeCloseTo(0.63093, 4);
    expect(all?.reranked?.ndcg10.mean).toBe(1);
    expect(all?.gain?.mean).toBeCloseTo(1 - 0.63093, 4);
  });

  test('a text without a judgement is not relevant', () => {
    const run = runOf({ q1: ['unknown', 'a'] });
    expect(evaluate({ ...input, run }).rows[0]?.run.mrr10).toBe(0.5);
  });

  test('gives no rows when no query was measured', () => {
    expect(evaluate({ ...input, run: runOf({ q3: ['a'] }) }).rows).toEqual([]);
  });
});
