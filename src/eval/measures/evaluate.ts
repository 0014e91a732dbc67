import type { Judgements, Query } from '../data/beir.ts';
import { bootstrapMean, type Interval } from './bootstrap.ts';
import { mean, ndcg, reciprocalRank } from './metrics.ts';
import type { Run } from '../data/trec-run.ts';

/** Only this many places count. */
const depth = 10;

/** The quality of one order over a set of queries. */
export interface Quality {
  readonly ndcg10: Interval;
  readonly mrr10: number;
}

export interface QualityRow {
  /** `all`, or the queries' kind. */
  readonly kind: string;
  readonly queries: number;
  readonly run: Quality;
  /** Quality of the re-ranked run over the same queries, when there is one. */
  readonly reranked?: Quality;
  /** NDCG@10 of the re-ranked order minus that of the run, paired by query. */
  readonly gain?: Interval;
}

export interface Evaluation {
  /** `all` first, then one row per kind, in alphabetical order. */
  readonly rows: readonly QualityRow[];
  /** Queries of the run without a judgement; they are not measured. */
  readonly unjudgedQueries: number;
  /** Judged queries that are not in the run; left out of the means. */
  readonly judgedNotInRun: number;
}

export interface EvaluateInput {
  readonly judgements: Judgements;
  readonly queries: ReadonlyMap<string, Query>;
  readonly run: Run;
  /** The queries to measure; by default those of the run. */
  readonly measured?: Iterable<string>;
  /** The same candidates in a new order; only its queries are measured. */
  readonly reranked?: Run;
  /** Lowest grade that counts as relevant for MRR. */
  readonly relevantFrom: number;
}

interface Scored {
  readonly ndcg: number;
  readonly reciprocal: number;
}

interface ScoredQuery {
  readonly kind: string | undefined;
  readonly run: Scored;
  readonly reranked: Scored | undefined;
}

/** Measures a run, and a new order of the same candidates, over the judged queries of both. */
export function evaluate(input: EvaluateInput): Evaluation {
  const { judgements, run, reranked } = input;
  const measured = reranked?.keys() ?? input.measured ?? run.keys();
  const judged = [...measured].filter((query) => judgements.has(query));
  const scored = judged.map((query) => scoreQuery(input, query));
  const kinds = new Set(scored.flatMap(({ kind }) => (kind === undefined ? [] : [kind])));
  const groups: [string, ScoredQuery[]][] = [
    ['all', scored],
    ...[...kinds]
      .sort()
      .map((kind): [string, ScoredQuery[]] => [kind, scored.filter((each) => each.kind === kind)]),
  ];
  return {
    rows: groups.filter(([, group]) => group.length > 0).map(([kind, group]) => row(kind, group)),
    unjudgedQueries: [...run.keys()].filter((query) => !judgements.has(query)).length,
    judgedNotInRun: [...judgements.keys()].filter((query) => !run.has(query)).length,
  };
}

function scoreQuery(input: EvaluateInput, query: string): ScoredQuery {
  const grades = input.judgements.get(query) ?? new Map<string, number>();
  const judged = [...grades.values()];
  const score = (run: Run): Scored => {
    const ranked = (run.get(query) ?? []).map(({ id }) => grades.get(id) ?? 0);
    return {
      ndcg: ndcg(ranked, judged, depth),
      reciprocal: reciprocalRank(ranked, depth, input.relevantFrom),
    };
  };
  return {
    kind: input.queries.get(query)?.kind,
    run: score(input.run),
    reranked: input.reranked === undefined ? undefined : score(input.reranked),
  };
}

function row(kind: string, group: readonly ScoredQuery[]): QualityRow {
  const own = quality(group.map(({ run }) => run));
  const pairs = group.flatMap(({ run, reranked }) => (reranked ? [{ run, reranked }] : []));
  const base = { kind, queries: group.length, run: own };
  return pairs.length === 0
    ? base
    : {
        ...base,
        reranked: quality(pairs.map(({ reranked }) => reranked)),
        gain: bootstrapMean(pairs.map(({ run, reranked }) => reranked.ndcg - run.ndcg)),
      };
}

function quality(scores: readonly Scored[]): Quality {
  return {
    ndcg10: bootstrapMean(scores.map(({ ndcg }) => ndcg)),
    mrr10: mean(scores.map(({ reciprocal }) => reciprocal)),
  };
}
