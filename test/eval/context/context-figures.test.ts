import { describe, expect, test } from '@jest/globals';
import { measureFigures, type ScoredRun } from '../../../src/eval/context/context-figures.ts';

const run = new Map([
  ['q1', ['a', 'b', 'c'].map((id) => ({ id, score: 0 }))],
  ['q2', ['c', 'a'].map((id) => ({ id, score: 0 }))],
]);
const judgements = new Map([
  ['q1', new Map([['b', 1]])],
  ['q2', new Map([['c', 1]])],
]);
const raw: ScoredRun = {
  margins: new Map([
    ['q1', [0, 2, 1]],
    ['q2', [1, 0]],
  ]),
  tokens: [100, 200, 300],
};

describe('measureFigures', () => {
  test('finds nothing lost between raw candidates and themselves', () => {
    const same = measureFigures(run, judgements, raw, raw);
    expect(same).toMatchObject({
      tokens: { mean: 200, p50: 200, p99: 300 },
      reduction: 1,
      tau: 1,
      firstKept: 1,
      dp: { mean: 0, p99: 0 },
    });
    expect(same.ndcg10.mean).toBe(1);
    expect(same.change).toEqual({ mean: 0, low: 0, high: 0 });
  });

  // q1 now has c before b: NDCG 1 / log2(3); one of three pairs is swapped: tau 1/3. q2 is as it
  // was.
  test('compares orders, probabilities and lengths query by query', () => {
    const own: ScoredRun = {
      margins: new Map([
        ['q1', [0, 1, 2]],
        ['q2', [1, 0]],
      ]),
      tokens: [10, 20, 30],
    };
    const found = measureFigures(run, judgements, own, raw);
    expect(found.reduction).toBe(10);
    expect(found.ndcg10.mean).toBeCloseTo((1 / Math.log2(3) + 1) / 2, 12);
    expect(found.change.mean).toBeCloseTo(found.ndcg10.mean - 1, 12);
    expect(found.tau).toBeCloseTo((1 / 3 + 1) / 2, 12);
    expect(found.firstKept).toBe(0.5);
    const p = (margin: number) => 1 / (1 + Math.exp(-margin));
    expect(found.dp.mean).toBeCloseTo((2 * (p(2) - p(1))) / 5, 12);
    expect(found.dp.p99).toBeCloseTo(p(2) - p(1), 12);
  });

  test('breaks ties by the order of the run, as replies do', () => {
    const tied: ScoredRun = {
      margins: new Map([...run].map(([q, e]) => [q, e.map(() => 0)])),
      tokens: [1],
    };
    // q1: b is second. q2: c is first.
    expect(measureFigures(run, judgements, tied, raw).ndcg10.mean).toBeCloseTo(
      (1 / Math.log2(3) + 1) / 2,
      12,
    );
  });
});
