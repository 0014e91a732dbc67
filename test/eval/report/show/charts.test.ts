import { expect, test } from '@jest/globals';
import { budgetsChart, frontChart, kindBars } from '../../../../src/eval/report/show/charts.ts';
import { paretoReport } from '../../../support/pareto-report.ts';

test('the front joins the models that no other beats; BM25 without a cost is a level', () => {
  const { marks, series, levels, fromY, x } = frontChart(paretoReport, 24, 'speed');
  expect(marks?.map(({ name, at }) => [name, at])).toEqual([
    ['dense', [10, 0.8]],
    ['small', [30, 0.7]],
  ]);
  expect(new Set(series[0]?.points)).toEqual(
    new Set([
      [10, 0.8],
      [30, 0.7],
    ]),
  );
  expect(levels).toEqual([{ name: 'BM25', y: 0.4 }]);
  expect([fromY, x]).toEqual([0.4, 'candidates/s, 24 tokens of a candidate']);
});

test('more parameters for less quality are not on the front', () => {
  const { series } = frontChart(paretoReport, 24, 'parameters');
  expect(series.map(({ points }) => points)).toEqual([[[10, 0.8]]]);
});

test('the chart by budget has one line per row, dashed for runs', () => {
  const { series } = budgetsChart(paretoReport, 'no-titles');
  expect(series.map(({ name, isDashed }) => [name, isDashed])).toEqual([
    ['BM25', true],
    ['dense', false],
    ['small', false],
  ]);
  expect(series[1]?.points).toEqual([[24, expect.closeTo(0.7)]]);
  expect(new Set(series.map(({ colour }) => colour)).size).toBe(3);
});

test('bars show each row by kind of query', () => {
  const groups = kindBars(paretoReport, { candidateTokens: 24, variant: 'titles' });
  expect(groups.map(({ name }) => name)).toEqual(['all, 3 queries', 'need, 2 queries']);
  expect(groups[1]?.bars.map(({ name, value }) => [name, value])).toEqual([
    ['BM25', 0.2],
    ['dense', 0.4],
    ['small', 0.35],
  ]);
});
