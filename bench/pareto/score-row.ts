import { groupByFirst, type Pair, type PairData } from '../../src/eval/rank/pair-batches.ts';
import type { Run } from '../../src/eval/data/trec-run.ts';
import type { TemplateOrder } from '../../src/text/template.ts';
import type { PairScorer } from './pair-scorer.ts';
import type { View } from './views.ts';
import type { ScoreStore } from './score-store.ts';

/** Pairs scored between two writes to the store, at least: many batches of the graph, and few minutes lost by a stop. */
const pairsPerChunk = 200;

/** The run's pairs that a store still lacks. */
export function findMissingPairs(run: Run, store: ScoreStore): readonly Pair[] {
  return [...run]
    .flatMap(([query, entries]) => entries.map(({ id }): Pair => ({ query, candidate: id })))
    .filter((pair) => store.find(pair) === undefined);
}

/** Scores pairs chunk by chunk and keeps each. Pairs that share what comes first in the template stay in one chunk. */
export async function scoreInto(
  store: ScoreStore,
  pairs: readonly Pair[],
  options: {
    readonly data: PairData;
    readonly order: TemplateOrder;
    readonly view: View;
    readonly scorer: PairScorer;
    readonly onScored: (pairs: number) => void;
  },
): Promise<void> {
  for (const chunk of chunkPairs(pairs, options.order)) {
    await store.add(chunk, await options.scorer.score(chunk, options.data, options.view));
    options.onScored(chunk.length);
  }
}

export function chunkPairs(
  pairs: readonly Pair[],
  order: TemplateOrder,
): readonly (readonly Pair[])[] {
  const chunks: Pair[][] = [];
  for (const places of groupByFirst(pairs, order).values()) {
    const group = places.flatMap((place) => pairs[place] ?? []);
    const last = chunks.at(-1);
    if (last === undefined || last.length >= pairsPerChunk) {
      chunks.push(group);
    } else {
      last.push(...group);
    }
  }
  return chunks;
}

/** The candidates in the order of their scores; ties keep the first stage's order. All must be in the store. */
export function orderByScores(run: Run, store: ScoreStore): Run {
  return new Map(
    [...run].map(([query, entries]) => {
      const scored = entries.map(({ id }) => {
        const score = store.find({ query, candidate: id });
        if (score === undefined) {
          throw new RangeError(`candidate ${id} of query ${query} has no score; this is a bug`);
        }
        return { id, score };
      });
      return [query, scored.toSorted((a, b) => b.score - a.score)] as const;
    }),
  );
}
