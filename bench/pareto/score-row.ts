import type { Passage } from '../../src/eval/beir.ts';
import type { Run } from '../../src/eval/trec-run.ts';
import type { CandidateText } from '../../src/text/encode.ts';
import type { PairScorer } from './pair-scorer.ts';
import type { ParetoData } from './pareto-data.ts';
import type { Variant } from './plan.ts';
import type { ScoreStore } from './score-store.ts';

/** Candidates that a store still lacks. */
export function countMissing({ run }: ParetoData, { done }: ScoreStore): number {
  return [...run]
    .filter(([query]) => !done.has(query))
    .reduce((sum, [, entries]) => sum + entries.length, 0);
}

/** Scores what the store lacks, query by query. `open` is called only when there is something to score. */
export async function scoreMissing(
  data: ParetoData,
  store: ScoreStore,
  options: {
    readonly variant: Variant;
    readonly open: () => Promise<PairScorer>;
    readonly onScored: (candidates: number) => void;
  },
): Promise<void> {
  for (const [query, entries] of data.run) {
    if (!store.done.has(query)) {
      const scorer = await options.open();
      const candidates = entries.map(({ id }) => textOf(data.corpus.get(id), options.variant));
      await store.add(query, await scorer.score(data.queries.get(query)?.text ?? '', candidates));
      options.onScored(candidates.length);
    }
  }
}

/** The candidates in the order of their scores; ties keep the first stage's order. */
export function orderByScores({ run }: ParetoData, { done }: ScoreStore): Run {
  return new Map(
    [...run].map(([query, entries]) => {
      const scores = done.get(query) ?? [];
      if (scores.length !== entries.length || !scores.every(Number.isFinite)) {
        throw new RangeError(
          `query ${query}: ${scores.filter(Number.isFinite).length} finite scores of ${entries.length} candidates`,
        );
      }
      const scored = entries.map(({ id }, i) => ({ id, score: scores[i] ?? NaN }));
      return [query, scored.toSorted((a, b) => b.score - a.score)] as const;
    }),
  );
}

export function textOf(passage: Passage | undefined, variant: Variant): CandidateText {
  const { title, text } = passage ?? { title: '', text: '' };
  return { title: variant === 'titles' && title !== '' ? title : undefined, text };
}
