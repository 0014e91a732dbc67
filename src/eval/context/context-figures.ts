import { at } from '../../base/at.ts';
import { bootstrapChange, bootstrapMean } from '../measures/bootstrap.ts';
import { kendallTau } from '../measures/kendall.ts';
import { mean, ndcg } from '../measures/metrics.ts';
import type { Judgements } from '../data/beir.ts';
import type { Run, RunEntry } from '../data/trec-run.ts';
import type { ContextFigures, TokenSpread } from './context-report.ts';

/** The scores of all candidates of a run, as one way to shorten them gave them. */
export interface ScoredRun {
  /** By query, in the order of the run's entries. */
  readonly margins: ReadonlyMap<string, readonly number[]>;
  /** Tokens of each distinct candidate. */
  readonly tokens: readonly number[];
}

interface MeasuredQuery {
  readonly ndcg10: number;
  readonly rawNdcg10: number;
  readonly tau: number;
  readonly keepsFirst: boolean;
}

/** Compares shortened candidates with raw ones. Every query of the run must have judgements. */
export function measureFigures(
  run: Run,
  judgements: Judgements,
  own: ScoredRun,
  raw: ScoredRun,
): ContextFigures {
  const queries = [...run].map(([query, entries]) =>
    measureQuery(entries, judgements.get(query) ?? new Map(), {
      own: own.margins.get(query) ?? [],
      raw: raw.margins.get(query) ?? [],
    }),
  );
  const tokens = spreadOf(own.tokens);
  return {
    tokens,
    reduction: spreadOf(raw.tokens).mean / tokens.mean,
    ndcg10: bootstrapMean(queries.map(({ ndcg10 }) => ndcg10)),
    change: bootstrapChange(
      queries.map(({ ndcg10, rawNdcg10 }) => ({ found: ndcg10, reference: rawNdcg10 })),
    ),
    tau: mean(queries.map(({ tau }) => tau)),
    dp: measureDrift(own, raw),
    firstKept: mean(queries.map(({ keepsFirst }) => Number(keepsFirst))),
  };
}

function measureQuery(
  entries: readonly RunEntry[],
  grades: ReadonlyMap<string, number>,
  { own, raw }: { readonly own: readonly number[]; readonly raw: readonly number[] },
): MeasuredQuery {
  const [order, rawOrder] = [orderOf(own), orderOf(raw)];
  const quality = (places: readonly number[]) =>
    ndcg(
      places.map((place) => grades.get(at(entries, place).id) ?? 0),
      [...grades.values()],
      10,
    );
  return {
    ndcg10: quality(order),
    rawNdcg10: quality(rawOrder),
    tau: kendallTau(own, raw),
    keepsFirst: order[0] === rawOrder[0],
  };
}

/** Places by margin, best first; ties keep the run's order, as in a reply. */
function orderOf(margins: readonly number[]): readonly number[] {
  return margins
    .map((margin, place) => ({ margin, place }))
    .toSorted((a, b) => b.margin - a.margin || a.place - b.place)
    .map(({ place }) => place);
}

function measureDrift(own: ScoredRun, raw: ScoredRun): ContextFigures['dp'] {
  const drifts = [...own.margins].flatMap(([query, margins]) => {
    const others = raw.margins.get(query) ?? [];
    return margins.map((margin, i) => Math.abs(probability(margin) - probability(at(others, i))));
  });
  return { mean: mean(drifts), p99: quantile(drifts, 0.99) };
}

function spreadOf(tokens: readonly number[]): TokenSpread {
  return { mean: mean(tokens), p50: quantile(tokens, 0.5), p99: quantile(tokens, 0.99) };
}

function probability(margin: number): number {
  return 1 / (1 + Math.exp(-margin));
}

/** The value below which a share of the values lies. There must be a value. */
function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return at(sorted, Math.min(sorted.length - 1, Math.floor(share * sorted.length)));
}
