import type { RunEntry } from '../data/trec-run.ts';
import type { PairEngine } from './open-pair-engine.ts';
import { addQuery, noCounts, reorder, type Reranked, type RerankInput } from './rerank.ts';
import { orderPairs, type PairOptions, scorePairs } from './score-pairs.ts';

export interface RerankPairsOptions extends PairOptions {
  /** Candidates of each query that the model orders; the rest follow in the run's order. */
  readonly depth: number;
}

/**
 * `rerankRun` without the pipeline: scores the pairs of all queries together, so that a
 * candidate-first model reads each candidate once and not once for each query. Such a model
 * finishes few queries before an early stop, because it proceeds candidate by candidate.
 *
 * @throws RankError of the first batch that fails.
 */
export async function rerankPairs(
  engine: PairEngine,
  input: RerankInput,
  options: RerankPairsOptions,
): Promise<Reranked> {
  const tops = [...input.run].map(([query, entries]) => {
    return { query, entries, depth: Math.min(entries.length, options.depth) };
  });
  const pairs = tops.flatMap(({ query, entries, depth }) =>
    entries.slice(0, depth).map(({ id }) => ({ query, candidate: id })),
  );
  const { scores, packedTokens } = await scorePairs(engine, pairs, input, options);
  const finished = new Map<string, readonly RunEntry[]>();
  let counts = { ...noCounts, packedTokens };
  let start = 0;
  for (const { query, entries, depth } of tops) {
    const results = orderPairs(scores.slice(start, start + depth), 'logit');
    if (results.every(({ scored }) => scored)) {
      finished.set(query, reorder(entries, results));
      counts = addQuery(counts, results);
    }
    start += depth;
  }
  return { run: finished, counts, interrupted: finished.size < input.run.size };
}
