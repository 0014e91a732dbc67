import type { Clock } from '../clock-seconds.ts';
import type { Interval } from '../../src/eval/measures/bootstrap.ts';
import type { Machine } from '../machine.ts';
import { paretoFront } from './front.ts';
import type { Difference, KindQuality } from './quality.ts';
import type { Round, Speed } from './speed.ts';
import type { Variant, View } from './views.ts';

/** A row at one text budget. */
export interface BudgetReport {
  readonly candidateTokens: number;
  readonly quality: Readonly<Record<Variant, readonly KindQuality[]>>;
  /** Undefined for the row that is itself compared with. */
  readonly difference: Readonly<Record<Variant, Difference>> | undefined;
  readonly speed: Speed | undefined;
}

export interface RowReport {
  readonly name: string;
  readonly kind: 'run' | 'model';
  readonly notes: string;
  readonly parameters: number | undefined;
  /** Graph, weights and tokenizer of a built model; of a run, what its plan says. */
  readonly bytes: number | undefined;
  readonly precision: string | undefined;
  readonly fingerprint: string | undefined;
  readonly budgets: readonly BudgetReport[];
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
    /** Text budgets, ascending. */
    readonly candidateTokens: readonly number[];
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

export function budgetOf(row: RowReport, candidateTokens: number): BudgetReport {
  const found = row.budgets.find((budget) => budget.candidateTokens === candidateTokens);
  if (found === undefined) {
    throw new RangeError(
      `row '${row.name}' was not measured at ${candidateTokens} tokens; this is a bug`,
    );
  }
  return found;
}

/** Of all queries, or of one kind's. */
export function intervalOf(row: RowReport, view: View, kind = 'all'): Interval {
  const { quality } = budgetOf(row, view.candidateTokens);
  const found = quality[view.variant].find((each) => each.kind === kind)?.ndcg10;
  return found ?? { mean: NaN, low: NaN, high: NaN };
}

/** Names of the rows that no other beats at a budget, with titles: in fewer parameters, and in more candidates/s. */
export function findFronts(
  { rows }: Pick<ParetoReport, 'rows'>,
  candidateTokens: number,
): { readonly parameters: readonly string[]; readonly speed: readonly string[] } {
  const front = (costOf: (row: RowReport) => number | undefined) =>
    paretoFront(
      rows.flatMap((row) => {
        const cost = costOf(row);
        const quality = intervalOf(row, { candidateTokens, variant: 'titles' }).mean;
        return cost === undefined ? [] : [{ name: row.name, cost, quality }];
      }),
    ).map(({ name }) => name);
  const negativeSpeed = (speed: Speed | undefined) => speed && -speed.candidatesPerSecond;
  return {
    parameters: front(({ parameters }) => parameters),
    speed: front((row) => negativeSpeed(budgetOf(row, candidateTokens).speed)),
  };
}
