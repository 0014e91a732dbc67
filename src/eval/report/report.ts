import type { Interval } from '../measures/bootstrap.ts';
import type { Machine } from '../measures/machine.ts';
import type { Variant, View } from './input/views.ts';
import type { Difference, KindQuality } from './scores/quality.ts';
import type { MeasuredSpeed, Speed } from './scores/speed.ts';

/** A row at one text budget. */
export interface BudgetReport {
  readonly candidateTokens: number;
  readonly quality: Readonly<Record<Variant, readonly KindQuality[]>>;
  /** Undefined for the row that the others are compared with. */
  readonly difference: Readonly<Record<Variant, Difference>> | undefined;
  readonly speed: Speed | undefined;
}

export interface RowReport {
  readonly name: string;
  readonly kind: 'run' | 'model';
  readonly notes: string;
  readonly parameters: number | undefined;
  /** Size of graph, weights and tokenizer for a built model; from the plan for a run. */
  readonly bytes: number | undefined;
  readonly precision: string | undefined;
  readonly fingerprint: string | undefined;
  readonly budgets: readonly BudgetReport[];
}

/** The result of `slmrank report pareto`; pareto.json has the same shape. */
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
  readonly speed: MeasuredSpeed | undefined;
}

export function budgetOf(row: RowReport, candidateTokens: number): BudgetReport {
  const found = row.budgets.find((budget) => budget.candidateTokens === candidateTokens);
  if (found === undefined) {
    throw new RangeError(
      `this is a bug: row '${row.name}' was not measured at ${candidateTokens} tokens`,
    );
  }
  return found;
}

/** NDCG@10 over all queries, or over the queries of one kind; NaN when there are none. */
export function intervalOf(row: RowReport, view: View, kind = 'all'): Interval {
  const { quality } = budgetOf(row, view.candidateTokens);
  const found = quality[view.variant].find((each) => each.kind === kind)?.ndcg10;
  return found ?? { mean: NaN, low: NaN, high: NaN };
}

/** What a row costs, and its quality. */
export interface Offer {
  readonly name: string;
  readonly cost: number;
  readonly quality: number;
}

/**
 * The Pareto front: the offers for which no other has at most the cost and at least the quality,
 * and is better in one of them. Ascending by cost; of equal offers all stay.
 */
export function paretoFront<T extends Offer>(offers: readonly T[]): readonly T[] {
  return offers
    .filter((offer) => !offers.some((other) => beats(other, offer)))
    .toSorted((a, b) => a.cost - b.cost || a.quality - b.quality);
}

function beats(a: Offer, b: Offer): boolean {
  return a.cost <= b.cost && a.quality >= b.quality && (a.cost < b.cost || a.quality > b.quality);
}

/**
 * Names of the rows on the Pareto fronts of one text budget, with titles: fewer parameters are
 * better in one, more candidates/s in the other.
 */
export function findFronts(
  { rows }: ParetoReport,
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
