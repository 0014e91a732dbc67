import { expect, test } from '@jest/globals';
import { describeRow, type Measurements } from '../../../src/eval/report/describe-row.ts';
import type { ModelRow, RunRow } from '../../../src/eval/report/input/plan.ts';
import { viewsOf } from '../../../src/eval/report/input/views.ts';

const run: RunRow = {
  kind: 'run',
  name: 'BM25',
  notes: 'keywords',
  runs: { titles: undefined, 'no-titles': undefined },
  parameters: 100,
  bytes: 400,
};
const modelRow = (name: string, against: string): ModelRow => ({
  kind: 'model',
  name,
  notes: '',
  path: name,
  build: undefined,
  against,
});
const [dense, small] = [modelRow('dense', 'dense'), modelRow('small', 'teacher')];

/** Equal NDCG@10 of two queries in every view. */
const qualityOf = (ndcg10: number) =>
  viewsOf([24]).map((view) => ({
    view,
    value: new Map(['q1', 'q2'].map((query) => [query, { ndcg10, first: 'a' }])),
  }));
const queries = new Map(['q1', 'q2'].map((id) => [id, { id, text: id, kind: undefined }]));
const measured: Measurements = {
  plan: { reference: 'dense', rows: [run, dense, small] },
  data: { queries, corpus: new Map(), judgements: new Map(), run: new Map(), hashes: {} as never },
  models: new Map(),
  qualities: new Map([
    ['BM25', qualityOf(0.4)],
    ['dense', qualityOf(0.8)],
    ['small', qualityOf(0.6)],
  ]),
  speed: {
    clock: 'wall',
    candidates: 10,
    rounds: [{ 'dense, 24 tokens': 4, 'small, 24 tokens': 2 }],
  },
  candidateTokens: [24],
};

test('a run has its size from the plan, the difference to the reference, and no speed', () => {
  const { budgets, ...row } = describeRow(run, measured);
  expect(row).toMatchObject({ name: 'BM25', kind: 'run', parameters: 100, bytes: 400 });
  expect(budgets).toHaveLength(1);
  expect(budgets[0]?.difference?.titles).toMatchObject({
    against: 'dense',
    ndcg10: { mean: expect.closeTo(-0.4) },
    relative: expect.closeTo(-0.5),
    sameFirst: 1,
  });
  expect(budgets[0]?.speed).toBeUndefined();
});

test('a model is compared with its own row or, if that is left out, with the reference', () => {
  const [budget] = describeRow(small, measured).budgets;
  expect(budget?.difference?.['no-titles'].against).toBe('dense');
  expect(budget?.speed).toEqual({
    candidatesPerSecond: 5,
    ratio: { median: 2, low: 2, high: 2 },
  });
  const qualities = new Map([...measured.qualities, ['teacher', qualityOf(0.7)]] as const);
  const [other] = describeRow(small, { ...measured, qualities }).budgets;
  expect(other?.difference?.titles.against).toBe('teacher');
});

test('the reference has no difference, and a row that was not measured is a bug', () => {
  expect(describeRow(dense, measured).budgets[0]?.difference).toBeUndefined();
  expect(() => describeRow(modelRow('lost', 'dense'), measured)).toThrow("row 'lost'");
});
