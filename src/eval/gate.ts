import type { Judgements } from './beir.ts';
import { mean, ndcg } from './metrics.ts';
import type { Run } from './trec-run.ts';

/** What a smaller model may lose against the one it was made of. */
export interface GateLimits {
  /** Of NDCG@10, as a share of the reference's. */
  readonly relativeLoss: number;
  /** Share of queries with the same text in first place. */
  readonly sameFirst: number;
}

export const gateLimits: GateLimits = { relativeLoss: 0.005, sameFirst: 0.97 };

export interface GateInput {
  readonly judgements: Judgements;
  /** The same candidates, ordered by the model and by the one it is held against. */
  readonly run: Run;
  readonly reference: Run;
}

export interface GateResult {
  /** In both runs and judged. */
  readonly queries: number;
  /** NDCG@10, means over the queries. */
  readonly ndcg10: { readonly reference: number; readonly found: number };
  /** Below 0 where the model gained. */
  readonly relativeLoss: number;
  readonly sameFirst: number;
  readonly limits: GateLimits;
  readonly passed: boolean;
}

/** Texts of equal score are where their run puts them. Without a query in common nothing has been shown: not passed. */
export function holdAgainst(input: GateInput, limits: GateLimits = gateLimits): GateResult {
  const { judgements, run, reference } = input;
  const queries = [...reference.keys()].filter((each) => run.has(each) && judgements.has(each));
  const found = meanNdcg(run, queries, judgements);
  const before = meanNdcg(reference, queries, judgements);
  const relativeLoss = before === 0 ? 0 : (before - found) / before;
  const isSame = (query: string) => run.get(query)?.[0]?.id === reference.get(query)?.[0]?.id;
  const sameFirst = mean(queries.map((query) => (isSame(query) ? 1 : 0)));
  return {
    ...{ queries: queries.length, ndcg10: { reference: before, found }, relativeLoss, sameFirst },
    limits,
    passed: relativeLoss <= limits.relativeLoss && sameFirst >= limits.sameFirst,
  };
}

export function formatGate(result: GateResult, reference: string): string {
  const { queries, ndcg10, relativeLoss, sameFirst, limits, passed } = result;
  const percent = (share: number) => `${(100 * share).toFixed(2)} %`;
  return [
    `against ${reference}, ${queries} queries:`,
    `  NDCG@10 ${ndcg10.found.toFixed(4)}, was ${ndcg10.reference.toFixed(4)}: loss ${percent(relativeLoss)} (at most ${percent(limits.relativeLoss)})`,
    `  same first place: ${percent(sameFirst)} of queries (at least ${percent(limits.sameFirst)})`,
    `  gate: ${passed ? 'PASS' : 'FAIL'}\n`,
  ].join('\n');
}

function meanNdcg(run: Run, queries: readonly string[], judgements: Judgements): number {
  return mean(
    queries.map((query) => {
      const grades = judgements.get(query) ?? new Map<string, number>();
      const ranked = (run.get(query) ?? []).map(({ id }) => grades.get(id) ?? 0);
      return ndcg(ranked, [...grades.values()], 10);
    }),
  );
}
