import { at } from '../../../base/at.ts';
import type { BarGroup } from '../../../page/bars.ts';
import type { Chart, Mark, Series } from '../../../page/svg.ts';
import { type Variant, type View, viewsOf } from '../input/views.ts';
import { budgetOf, findFronts, intervalOf, type ParetoReport, type RowReport } from '../report.ts';

/** All readable on a light and on a dark background. */
const palette =
  '#3b82c4 #d98200 #3f9c52 #d24b3c #8b68d0 #169a9a #c4548a #97862a #6f7f95 #a8653b'.split(' ');
const runColour = '#8e8e93';
const frontColour = '#3f9c52';
const chartHeight = 360;

/**
 * Quality over cost at one text budget: rows with a known cost as marks, the Pareto front as a
 * line, and runs without a cost (such as BM25) as horizontal levels.
 */
export function frontChart(
  report: ParetoReport,
  candidateTokens: number,
  by: 'parameters' | 'speed',
): Chart {
  const view: View = { candidateTokens, variant: 'titles' };
  const costOf = (row: RowReport) =>
    by === 'speed'
      ? budgetOf(row, candidateTokens).speed?.candidatesPerSecond
      : row.parameters && row.parameters / 1e6;
  const marks = report.rows.flatMap((row): readonly Mark[] => {
    const cost = costOf(row);
    const { mean, low, high } = intervalOf(row, view);
    const colour = colourOf(report, row.name);
    return cost === undefined ? [] : [{ name: row.name, at: [cost, mean], low, high, colour }];
  });
  const front = findFronts(report, candidateTokens)[by].flatMap((name) =>
    marks.filter((each) => each.name === name),
  );
  const levels = report.rows
    .filter((row) => row.kind === 'run' && costOf(row) === undefined)
    .map((row) => ({ name: row.name, y: intervalOf(row, view).mean }));
  const cost = by === 'speed' ? 'candidates/s' : 'million parameters';
  return {
    title: `NDCG@10 over ${cost}, ${candidateTokens} tokens of a candidate`,
    x: `${cost}, ${candidateTokens} tokens of a candidate`,
    y: 'NDCG@10, with titles',
    fromY: floorOf([...marks.map(({ low }) => low), ...levels.map(({ y }) => y)]),
    logX: true,
    height: chartHeight,
    series: [{ name: 'front', colour: frontColour, as: 'line', points: front.map(({ at }) => at) }],
    marks,
    levels,
  };
}

/** NDCG@10 of every row over the text budgets. Both variants use the same y axis. */
export function budgetsChart(report: ParetoReport, variant: Variant): Chart {
  const budgets = report.settings.candidateTokens;
  const allMeans = report.rows.flatMap((row) =>
    viewsOf(budgets).map((view) => intervalOf(row, view).mean),
  );
  const shown = variant === 'titles' ? 'titles shown' : 'titles hidden';
  return {
    title: `NDCG@10 by text budget, ${shown}`,
    x: 'tokens of a candidate',
    y: `NDCG@10, ${shown}`,
    fromY: floorOf(allMeans),
    toY: Math.max(...allMeans),
    logX: { ticks: budgets },
    height: chartHeight,
    series: report.rows.map(
      (row): Series => ({
        name: row.name,
        colour: colourOf(report, row.name),
        as: 'line',
        isDashed: row.kind === 'run',
        hasEndLabel: true,
        points: budgets.map((candidateTokens) => [
          candidateTokens,
          intervalOf(row, { candidateTokens, variant }).mean,
        ]),
      }),
    ),
  };
}

/** NDCG@10 of every row by kind of query. */
export function kindBars(report: ParetoReport, view: View): readonly BarGroup[] {
  const [first] = report.rows;
  const kinds =
    first === undefined ? [] : budgetOf(first, view.candidateTokens).quality[view.variant];
  return kinds.map(({ kind, queries }) => ({
    name: `${kind}, ${queries} queries`,
    bars: report.rows.map((row) => {
      const { mean, low, high } = intervalOf(row, view, kind);
      return { name: row.name, value: mean, low, high, colour: colourOf(report, row.name) };
    }),
  }));
}

/** Grey for runs; each model has one colour in all charts. */
function colourOf({ rows }: ParetoReport, name: string): string {
  const models = rows.filter(({ kind }) => kind === 'model').map((row) => row.name);
  const place = models.indexOf(name);
  return place < 0 ? runColour : at(palette, place % palette.length);
}

/** The largest multiple of 0.1 that is not above any value. */
function floorOf(values: readonly number[]): number {
  return Math.max(0, Math.floor(10 * Math.min(1, ...values)) / 10);
}
