import { formatSigned, formatTable } from '../../../base/format-table.ts';
import { type Variant, variants, type View, viewsOf } from '../input/views.ts';
import { budgetOf, findFronts, intervalOf, type ParetoReport, type RowReport } from '../report.ts';
import type { Difference } from '../scores/quality.ts';
import type { Speed } from '../scores/speed.ts';

type Table = readonly (readonly string[])[];

/** NDCG@10 of every row at every budget, with titles and without. */
export function overviewTable({ rows, settings }: ParetoReport): Table {
  const views = viewsOf(settings.candidateTokens);
  return [
    ['NDCG@10', ...views.map(nameView)],
    ...rows.map((row) => [row.name, ...views.map((view) => intervalOf(row, view).mean.toFixed(3))]),
  ];
}

/** All figures of every row at one text budget. */
export function budgetTable(report: ParetoReport, candidateTokens: number): Table {
  return [
    [
      '',
      'NDCG@10',
      '95 %',
      'without titles',
      '95 %',
      'against',
      ...differenceHeads(''),
      ...differenceHeads(', no titles'),
      'M parameters',
      'MB',
      'candidates/s',
      'times reference',
    ],
    ...report.rows.map((row) => {
      const { difference, speed } = budgetOf(row, candidateTokens);
      return [
        row.name,
        ...variants.flatMap((variant) => qualityCells(row, { candidateTokens, variant })),
        difference?.titles.against ?? '-',
        ...variants.flatMap((variant) => differenceCells(difference?.[variant])),
        row.parameters === undefined ? '-' : (row.parameters / 1e6).toFixed(1),
        row.bytes === undefined ? '-' : (row.bytes / 1e6).toFixed(1),
        ...speedCells(speed),
      ];
    }),
  ];
}

/** NDCG@10 by query kind at one budget, with titles and without. */
export function kindTable({ rows }: ParetoReport, candidateTokens: number): Table {
  const [first] = rows;
  const kinds = first === undefined ? [] : budgetOf(first, candidateTokens).quality.titles;
  const heads = (variant: Variant) =>
    kinds.map(({ kind, queries }) =>
      variant === 'titles' ? `${kind} (${queries})` : `${kind}, no titles`,
    );
  return [
    ['', ...variants.flatMap(heads)],
    ...rows.map((row) => [
      row.name,
      ...variants.flatMap((variant) =>
        kinds.map(({ kind }) =>
          intervalOf(row, { candidateTokens, variant }, kind).mean.toFixed(3),
        ),
      ),
    ]),
  ];
}

export function formatPareto(report: ParetoReport): string {
  const budgets = report.settings.candidateTokens.flatMap((tokens) => {
    const fronts = findFronts(report, tokens);
    return [
      `${tokens} tokens of a candidate\n\n${formatTable(budgetTable(report, tokens))}`,
      formatTable(kindTable(report, tokens)),
      `No row beats, in parameters: ${fronts.parameters.join(', ')}\n` +
        `No row beats, in candidates/s: ${fronts.speed.join(', ') || 'not measured'}\n`,
    ];
  });
  return [formatTable(overviewTable(report)), ...budgets, `${notesOf(report).join('\n')}\n`].join(
    '\n',
  );
}

/** Sentences about the data, the settings, the machine and the rows. */
export function notesOf(report: ParetoReport): readonly string[] {
  const { data, settings, machine, speed, skipped } = report;
  const { resamples, seed } = settings.bootstrap;
  return [
    `${data.name}, split ${data.split}: ${data.queries} queries, ${data.candidates} candidates. The text budget is how many tokens of a candidate, title included, a ranker reads at most.`,
    `NDCG@10: gain 2^grade - 1, ideal over all judged. Intervals: 95 % percentile bootstrap over queries, ${resamples} resamples, seed ${seed}; differences are paired by query.`,
    speed === undefined
      ? 'Candidates/s were not measured.'
      : `Candidates/s: ${speed.candidates} candidates with titles, 16 of each query, tokenizing included, on ${settings.devices}, ${speed.rounds.length} rounds of all models at all budgets in turn, ${speed.clock} clock. Shown are the median round, and the ratio to ${report.reference} at the same budget, round by round.`,
    `${machine.cpu}, ${machine.cores} cores, Node ${machine.node}, commit ${machine.commit}, ${machine.date}.`,
    ...skipped.map(({ name, missing }) => `Left out: ${name}, because ${missing} does not exist.`),
    ...report.rows.flatMap(({ name, notes }) => (notes === '' ? [] : [`${name}: ${notes}`])),
  ];
}

function nameView({ candidateTokens, variant }: View): string {
  return variant === 'titles' ? `${candidateTokens} tokens` : 'no titles';
}

function differenceHeads(ending: string): readonly string[] {
  return [`difference${ending}`, '95 %', 'relative', 'same first'];
}

function qualityCells(row: RowReport, view: View): readonly string[] {
  const { mean, low, high } = intervalOf(row, view);
  return [mean.toFixed(3), `${low.toFixed(3)}..${high.toFixed(3)}`];
}

function differenceCells(difference: Difference | undefined): readonly string[] {
  if (difference === undefined) {
    return ['-', '-', '-', '-'];
  }
  const { ndcg10, relative, sameFirst } = difference;
  return [
    formatSigned(ndcg10.mean, 3),
    `${formatSigned(ndcg10.low, 3)}..${formatSigned(ndcg10.high, 3)}`,
    `${formatSigned(100 * relative, 1)} %`,
    `${(100 * sameFirst).toFixed(1)} %`,
  ];
}

function speedCells(speed: Speed | undefined): readonly string[] {
  if (speed === undefined) {
    return ['-', '-'];
  }
  const { candidatesPerSecond, ratio } = speed;
  return [
    candidatesPerSecond.toFixed(1),
    `${ratio.median.toFixed(2)} (${ratio.low.toFixed(2)}..${ratio.high.toFixed(2)})`,
  ];
}
