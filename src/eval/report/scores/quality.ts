import { at } from '../../../base/at.ts';
import type { Judgements, Query } from '../../data/beir.ts';
import { bootstrapMean, type Interval } from '../../measures/bootstrap.ts';
import { mean, ndcg } from '../../measures/metrics.ts';
import type { Run } from '../../data/trec-run.ts';

/** NDCG@10 and first candidate of one order, by query. */
export type QueryQualities = ReadonlyMap<
  string,
  { readonly ndcg10: number; readonly first: string }
>;

export interface KindQuality {
  /** `all`, or the queries' kind. */
  readonly kind: string;
  readonly queries: number;
  readonly ndcg10: Interval;
}

/** The comparison with another order of the same candidates, paired by query. */
export interface Difference {
  readonly against: string;
  /** NDCG@10 minus that of the other order. */
  readonly ndcg10: Interval;
  /** The difference of the means divided by the other order's mean. */
  readonly relative: number;
  /** Share of the queries whose first candidate is the same. */
  readonly sameFirst: number;
}

/** Measures the judged queries, in the order of the run. */
export function measureRun(run: Run, judgements: Judgements): QueryQualities {
  return new Map(
    [...run].flatMap(([query, entries]) => {
      const grades = judgements.get(query);
      if (grades === undefined) {
        return [];
      }
      const ranked = entries.map(({ id }) => grades.get(id) ?? 0);
      const found = ndcg(ranked, [...grades.values()], 10);
      return [[query, { ndcg10: found, first: at(entries, 0).id }] as const];
    }),
  );
}

/**
 * `all` first, then each kind in alphabetical order, with 95 % bootstrap intervals over queries.
 */
export function summarizeKinds(
  qualities: QueryQualities,
  queries: ReadonlyMap<string, Query>,
): readonly KindQuality[] {
  const kindOf = (query: string) => queries.get(query)?.kind;
  const kinds = new Set([...qualities.keys()].map(kindOf).filter((kind) => kind !== undefined));
  return ['all', ...[...kinds].sort()].map((kind) => {
    const values = [...qualities]
      .filter(([query]) => kind === 'all' || kindOf(query) === kind)
      .map(([, { ndcg10 }]) => ndcg10);
    return { kind, queries: values.length, ndcg10: bootstrapMean(values) };
  });
}

/** @throws RangeError when the two have different queries. */
export function compareQualities(
  own: QueryQualities,
  other: QueryQualities,
  against: string,
): Difference {
  const pairs = [...own].flatMap(([query, a]) => {
    const b = other.get(query);
    return b === undefined ? [] : [{ a, b }];
  });
  if (pairs.length !== own.size || pairs.length !== other.size) {
    throw new RangeError(
      `this is a bug: ${own.size} queries, ${other.size} of ${against}, ${pairs.length} in both`,
    );
  }
  const ndcg10 = bootstrapMean(pairs.map(({ a, b }) => a.ndcg10 - b.ndcg10));
  const base = mean(pairs.map(({ b }) => b.ndcg10));
  return {
    against,
    ndcg10,
    relative: ndcg10.mean / base,
    sameFirst: pairs.filter(({ a, b }) => a.first === b.first).length / pairs.length,
  };
}
