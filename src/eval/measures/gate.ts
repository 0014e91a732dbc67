import { probabilityOf } from '../../pipeline/reply/order.ts';
import type { Judgements, Query } from '../data/beir.ts';
import { bootstrapChange, type Interval, type QualityPair } from './bootstrap.ts';
import { mean, median, ndcg } from './metrics.ts';
import type { Run } from '../data/trec-run.ts';

/** The largest allowed losses against the reference, as shares of the reference's quality. */
export interface GateLimits {
  /** NDCG@10 over all queries. */
  readonly ndcg10: number;
  /** NDCG@1 over all queries. */
  readonly ndcg1: number;
  /** NDCG@10 of a class: one kind of query, or all queries without titles. */
  readonly classNdcg10: number;
}

export const gateLimits: GateLimits = { ndcg10: 0.005, ndcg1: 0.01, classNdcg10: 0.01 };

/** Two orders of the same candidates, by the model and by its reference, with logits (yes - no). */
export interface GateSide {
  /** Whether the models read the candidates' titles. */
  readonly titles: boolean;
  readonly run: Run;
  readonly reference: Run;
}

export interface GateInput {
  readonly judgements: Judgements;
  readonly queries: ReadonlyMap<string, { readonly kind: Query['kind'] }>;
  /**
   * The first is judged as a whole and by kind of query. Each other side is one class, and is
   * judged by kind of query too.
   */
  readonly sides: readonly GateSide[];
}

export interface GateCondition {
  /** Its name in the verdict, such as "NDCG@10 of need, without titles". */
  readonly name: string;
  readonly titles: boolean;
  /** `all`, or the queries' kind. */
  readonly kind: string;
  /** Places that count. */
  readonly depth: 1 | 10;
  /** Judged queries that are in both runs. */
  readonly queries: number;
  /** Mean NDCG of the reference and of the model. */
  readonly reference: number;
  readonly found: number;
  /** Relative difference of the means, negative for a loss. The mean decides, not the interval. */
  readonly change: Interval;
  /** The largest loss that passes, as a share of the reference. */
  readonly limit: number;
  readonly passed: boolean;
}

/**
 * How often the first candidate differs. Decides nothing, because most such pairs are near-ties.
 */
export interface FirstPlaces {
  readonly titles: boolean;
  readonly queries: number;
  readonly changed: number;
  /**
   * Median over the changed queries of the difference in the reference's p(yes) between the two
   * candidates; absent when nothing changed.
   */
  readonly medianDifference?: number;
}

export interface GateResult {
  readonly conditions: readonly GateCondition[];
  readonly firstPlaces: readonly FirstPlaces[];
  readonly passed: boolean;
}

/**
 * Judges whether a model ranks as well as its reference. Ties keep the run's order. A side whose
 * runs have no judged query in common fails.
 */
export function judgeGate(input: GateInput, limits: GateLimits = gateLimits): GateResult {
  const conditions = input.sides.flatMap((side, place) =>
    conditionsOf(side, input, { isWhole: place === 0, limits }),
  );
  return {
    conditions,
    firstPlaces: input.sides.map((side) => compareFirstPlaces(side, input.judgements)),
    passed: conditions.length > 0 && conditions.every(({ passed }) => passed),
  };
}

function conditionsOf(
  side: GateSide,
  { judgements, queries }: GateInput,
  { isWhole, limits }: { readonly isWhole: boolean; readonly limits: GateLimits },
): readonly GateCondition[] {
  const shared = sharedQueries(side, judgements);
  const kindOf = (query: string) => queries.get(query)?.kind;
  const kinds = new Set(shared.map(kindOf).filter((kind) => kind !== undefined));
  const { titles } = side;
  const condition = (kind: string | undefined, depth: 1 | 10, limit: number): GateCondition => {
    const own = shared.filter((query) => kind === undefined || kindOf(query) === kind);
    const compared = compare(
      own.map((query) => measure(side, judgements, { query, depth })),
      limit,
    );
    const name = `NDCG@${depth}${kind === undefined ? '' : ` of ${kind}`}, ${describeSide(titles)}`;
    return { name, titles, kind: kind ?? 'all', depth, limit, ...compared };
  };
  return [
    condition(undefined, 10, isWhole ? limits.ndcg10 : limits.classNdcg10),
    ...(isWhole ? [condition(undefined, 1, limits.ndcg1)] : []),
    ...[...kinds].sort().map((kind) => condition(kind, 10, limits.classNdcg10)),
  ];
}

/** "with titles" or "without titles". */
export function describeSide(titles: boolean): string {
  return titles ? 'with titles' : 'without titles';
}

/** Lets a loss of exactly the limit pass in spite of rounding errors in the sums. */
const rounding = 1e-9;

function compare(
  pairs: readonly QualityPair[],
  limit: number,
): Pick<GateCondition, 'queries' | 'reference' | 'found' | 'change' | 'passed'> {
  if (pairs.length === 0) {
    const change = { mean: 0, low: 0, high: 0 };
    return { queries: 0, reference: 0, found: 0, change, passed: false };
  }
  const change = bootstrapChange(pairs);
  return {
    queries: pairs.length,
    reference: mean(pairs.map(({ reference }) => reference)),
    found: mean(pairs.map(({ found }) => found)),
    change,
    passed: change.mean >= -limit - rounding,
  };
}

function measure(
  side: GateSide,
  judgements: Judgements,
  { query, depth }: { readonly query: string; readonly depth: number },
): QualityPair {
  const grades = judgements.get(query) ?? new Map<string, number>();
  const qualityOf = (run: Run) => {
    const ranked = (run.get(query) ?? []).map(({ id }) => grades.get(id) ?? 0);
    return ndcg(ranked, [...grades.values()], depth);
  };
  return { found: qualityOf(side.run), reference: qualityOf(side.reference) };
}

function sharedQueries({ run, reference }: GateSide, judgements: Judgements): readonly string[] {
  return [...reference.keys()].filter((query) => run.has(query) && judgements.has(query));
}

function compareFirstPlaces(side: GateSide, judgements: Judgements): FirstPlaces {
  const shared = sharedQueries(side, judgements);
  const differences = shared.flatMap((query) => {
    const entries = side.reference.get(query) ?? [];
    const first = side.run.get(query)?.[0];
    const other = entries.find(({ id }) => id === first?.id);
    const [own] = entries;
    return own === undefined || other === undefined || own === other
      ? []
      : [probabilityOf(own.score) - probabilityOf(other.score)];
  });
  const counts = { titles: side.titles, queries: shared.length, changed: differences.length };
  return differences.length === 0 ? counts : { ...counts, medianDifference: median(differences) };
}
