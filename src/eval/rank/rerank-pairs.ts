import type { Pair } from './pair-batches.ts';
import { orderByLogit, type RerankCounts, type RerankInput, type Reranked } from './rerank.ts';
import { type PairEngine, type PairOptions, type PairScores, scorePairs } from './score-pairs.ts';
import type { RunEntry } from '../data/trec-run.ts';

export interface RerankPairsOptions extends PairOptions {
  /** Candidates of one query that the model orders; the rest follow in the run's order. */
  readonly depth: number;
}

/**
 * `rerankRun` without the pipeline: all pairs of the run at once, so that a candidate-first model reads each candidate
 * once and not once a query. Stopped early, few queries may be finished, as it goes by candidates then.
 *
 * @throws RankError of the first batch that fails.
 */
export async function rerankPairs(
  engine: PairEngine,
  input: RerankInput,
  options: RerankPairsOptions,
): Promise<Reranked> {
  const pairs = pairsOf(input, options.depth);
  const scores = await scorePairs(engine, pairs, input, options);
  const finished = new Map<string, readonly RunEntry[]>();
  let counts: RerankCounts = {
    ...{ queries: 0, candidates: 0, truncated: 0, candidateTokens: 0 },
    packedTokens: scores.packedTokens,
  };
  let start = 0;
  for (const [query, entries] of input.run) {
    const end = start + Math.min(entries.length, options.depth);
    const logits = logitsOf(pairs, scores, { start, end });
    if (logits.size === end - start) {
      finished.set(query, orderByLogit(entries, logits));
      counts = addQuery(counts, scores, { start, end });
    }
    start = end;
  }
  return { run: finished, counts, interrupted: finished.size < input.run.size };
}

/** In the order of the run. */
function pairsOf({ run }: RerankInput, depth: number): readonly Pair[] {
  return [...run].flatMap(([query, entries]) =>
    entries.slice(0, depth).map(({ id }) => ({ query, candidate: id })),
  );
}

interface Range {
  readonly start: number;
  readonly end: number;
}

function logitsOf(
  pairs: readonly Pair[],
  { logits }: PairScores,
  { start, end }: Range,
): ReadonlyMap<string, number> {
  return new Map(
    pairs.slice(start, end).flatMap(({ candidate }, i) => {
      const [yes = NaN, no = NaN] = logits.subarray(2 * (start + i), 2 * (start + i) + 2);
      return Number.isNaN(yes) ? [] : [[candidate, yes - no] as const];
    }),
  );
}

function addQuery(
  counts: RerankCounts,
  { tokens, truncated }: PairScores,
  { start, end }: Range,
): RerankCounts {
  return {
    ...counts,
    queries: counts.queries + 1,
    candidates: counts.candidates + end - start,
    truncated: counts.truncated + sum(truncated.subarray(start, end)),
    candidateTokens: counts.candidateTokens + sum(tokens.subarray(start, end)),
  };
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) {
    total += value;
  }
  return total;
}
