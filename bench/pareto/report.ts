import { formatTable } from '../../src/format-table.ts';
import type { Interval } from '../../src/eval/bootstrap.ts';
import type { Clock } from '../clock-seconds.ts';
import type { Machine } from '../machine.ts';
import { paretoFront } from './front.ts';
import { type Variant, variants } from './plan.ts';
import type { Difference, KindQuality } from './quality.ts';
import type { Round, Speed } from './speed.ts';

export interface RowReport {
  readonly name: string;
  readonly kind: 'run' | 'model';
  readonly notes: string;
  readonly parameters: number | undefined;
  /** Graph, weights and tokenizer of a built model; of a run, what its plan says. */
  readonly bytes: number | undefined;
  readonly precision: string | undefined;
  readonly fingerprint: string | undefined;
  readonly quality: Readonly<Record<Variant, readonly KindQuality[]>>;
  /** Undefined for the row that is itself compared with. */
  readonly difference: Readonly<Record<Variant, Difference>> | undefined;
  readonly speed: Speed | undefined;
}

/** All that `slmrank report pareto` found; also its JSON. */
export interface ParetoReport {
  readonly machine: Machine;
  readonly data: {
    readonly name: string;
    readonly split: string;
    readonly sha256: Readonly<Record<string, string>>;
    readonly queries: number;
    readonly candidates: number;
  };
  readonly settings: {
    readonly candidateTokens: number;
    readonly tokenBudget: number;
    readonly devices: string;
    readonly bootstrap: { readonly resamples: number; readonly seed: number };
  };
  readonly reference: string;
  readonly rows: readonly RowReport[];
  readonly skipped: readonly { readonly name: string; readonly missing: string }[];
  readonly speed:
    | { readonly clock: Clock; readonly candidates: number; readonly rounds: readonly Round[] }
    | undefined;
}

/** Of all queries, or of one kind's. */
export function intervalOf(row: RowReport, variant: Variant, kind = 'all'): Interval {
  const found = row.quality[variant].find((each) => each.kind === kind)?.ndcg10;
  return found ?? { mean: NaN, low: NaN, high: NaN };
}

/** Names of the rows that no other beats, with titles: in fewer parameters, and in more candidates/s. */
export function findFronts({ rows }: Pick<ParetoReport, 'rows'>): {
  readonly parameters: readonly string[];
  readonly speed: readonly string[];
} {
  const front = (costOf: (row: RowReport) => number | undefined) =>
    paretoFront(
      rows.flatMap((row) => {
        const cost = costOf(row);
        const quality = intervalOf(row, 'titles').mean;
        return cost === undefined ? [] : [{ name: row.name, cost, quality }];
      }),
    ).map(({ name }) => name);
  return {
    parameters: front(({ parameters }) => parameters),
    speed: front(({ speed }) => speed && -speed.candidatesPerSecond),
  };
}

/** Head and rows of the main table. */
export function mainTable(report: ParetoReport): readonly (readonly string[])[] {
  return [
    [
      ...['', 'NDCG@10', '95 %', 'without titles', '95 %', 'against', 'difference', '95 %'],
      ...['relative', 'same first', 'M parameters', 'MB', 'candidates/s', 'times reference'],
    ],
    ...report.rows.map((row) => [
      row.name,
      ...qualityCells(row),
      ...differenceCells(row.difference?.titles),
      row.parameters === undefined ? '-' : (row.parameters / 1e6).toFixed(1),
      row.bytes === undefined ? '-' : (row.bytes / 1e6).toFixed(1),
      ...speedCells(row.speed),
    ]),
  ];
}

/** NDCG@10 by query kind, both variants. */
export function kindTable(report: ParetoReport): readonly (readonly string[])[] {
  const kinds = report.rows[0]?.quality.titles ?? [];
  const heads = variants.flatMap((variant) =>
    kinds.map(({ kind, queries }) =>
      variant === 'titles' ? `${kind} (${queries})` : `${kind}, no titles`,
    ),
  );
  return [
    ['', ...heads],
    ...report.rows.map((row) => [
      row.name,
      ...variants.flatMap((variant) =>
        kinds.map(({ kind }) => intervalOf(row, variant, kind).mean.toFixed(3)),
      ),
    ]),
  ];
}

export function formatPareto(report: ParetoReport): string {
  const fronts = findFronts(report);
  return [
    formatTable(mainTable(report)),
    formatTable(kindTable(report)),
    `No row beats, in parameters: ${fronts.parameters.join(', ')}\n` +
      `No row beats, in candidates/s: ${fronts.speed.join(', ') || 'not measured'}\n`,
    notesOf(report).join('\n'),
  ].join('\n');
}

export function notesOf(report: ParetoReport): readonly string[] {
  const { data, settings, machine, speed, skipped } = report;
  const { resamples, seed } = settings.bootstrap;
  return [
    `${data.name}, split ${data.split}: ${data.queries} queries, ${data.candidates} candidates; at most ${settings.candidateTokens} tokens of each.`,
    `NDCG@10: gain 2^grade - 1, ideal over all judged. Intervals: 95 % percentile bootstrap over queries, ${resamples} resamples, seed ${seed}; differences are paired by query, with titles.`,
    speed === undefined
      ? 'Candidates/s were not measured.'
      : `Candidates/s: ${speed.candidates} candidates with titles, 16 of a query, tokenizing included, on ${settings.devices}, ${speed.rounds.length} rounds of all models in turn, ${speed.clock} clock; median round, and the ratio to ${report.reference} round by round.`,
    `${machine.cpu}, ${machine.cores} cores, Node ${machine.node}, commit ${machine.commit}, ${machine.date}.`,
    ...skipped.map(({ name, missing }) => `Left out: ${name}, as ${missing} is not there.`),
    ...report.rows.flatMap(({ name, notes }) => (notes === '' ? [] : [`${name}: ${notes}`])),
    '',
  ];
}

function qualityCells(row: RowReport): readonly string[] {
  return variants.flatMap((variant) => {
    const { mean, low, high } = intervalOf(row, variant);
    return [mean.toFixed(3), `${low.toFixed(3)}..${high.toFixed(3)}`];
  });
}

function differenceCells(difference: Difference | undefined): readonly string[] {
  if (difference === undefined) {
    return ['-', '-', '-', '-', '-'];
  }
  const { against, ndcg10, relative, sameFirst } = difference;
  return [
    ...[against, signed(ndcg10.mean, 3), `${signed(ndcg10.low, 3)}..${signed(ndcg10.high, 3)}`],
    ...[`${signed(100 * relative, 1)} %`, `${(100 * sameFirst).toFixed(1)} %`],
  ];
}

function speedCells(speed: Speed | undefined): readonly string[] {
  return speed === undefined
    ? ['-', '-']
    : [
        speed.candidatesPerSecond.toFixed(1),
        `${speed.ratio.median.toFixed(2)} (${speed.ratio.low.toFixed(2)}..${speed.ratio.high.toFixed(2)})`,
      ];
}

function signed(value: number, digits: number): string {
  return `${value < 0 ? '-' : '+'}${Math.abs(value).toFixed(digits)}`;
}
