import type { Judgements, Query } from '../../src/eval/data/beir.ts';
import { bootstrapMean, type Interval } from '../../src/eval/measures/bootstrap.ts';
import { ndcg } from '../../src/eval/measures/metrics.ts';
import type { Run } from '../../src/eval/data/trec-run.ts';

/** One order's NDCG@10 and first candidate, by query. */
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

/** Against another order of the same candidates, paired by query. */
export interface Difference {
  readonly against: string;
  /** NDCG@10 less the other's. */
  readonly ndcg10: Interval;
  /** The means' difference as a share of the other's mean. */
  readonly relative: number;
  /** Share of queries with the same first candidate. */
  readonly sameFirst: number;
}

/** Judged queries only, in the run's order. */
export function measureRun(run: Run, judgements: Judgements): QueryQualities {
  return new Map(
    [...run].flatMap(([query, entries]) => {
      const grades = judgements.get(query);
      if (grades === undefined) {
        return [];
      }
      const ranked = entries.map(({ id }) => grades.get(id) ?? 0);
      const found = ndcg(ranked, [...grades.values()], 10);
      return [[query, { ndcg10: found, first: entries[0]?.id ?? '' }] as const];
    }),
  );
}

/** `all` first, then each kind in alphabetical order, with 95 % bootstrap intervals over queries. */
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

/** Both must be of the same queries. */
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
      `${own.size} queries against ${other.size} of ${against}, ${pairs.length} shared; this is a bug`,
    );
  }
  const ndcg10 = bootstrapMean(pairs.map(({ a, b }) => a.ndcg10 - b.ndcg10));
  const base = pairs.reduce((sum, { b }) => sum + b.ndcg10, 0) / pairs.length;
  return {
    ...{ against, ndcg10, relative: ndcg10.mean / base },
    sameFirst: pairs.filter(({ a, b }) => a.first === b.first).length / pairs.length,
  };
}
