import type { RankedResult, RankRequest, ScoreKind } from './rank.ts';
import type { EncodedRequest } from './schedule/batch.ts';

/** What the scheduler found out. */
export interface Scores {
  /** yes and no logits of each candidate. [N, 2] */
  readonly logits: Float32Array;
  /** 1 where scored. [N] */
  readonly scored: Uint8Array;
}

/**
 * Best first, ties in input order; `minScore` drops scored results only, what the deadline left out follows in input
 * order, and `topN` cuts the whole.
 */
export function orderResults(
  encoded: EncodedRequest,
  scores: Scores,
  { scoreKind, minScore, topN }: Pick<RankRequest, 'scoreKind' | 'minScore' | 'topN'>,
): readonly RankedResult[] {
  const all = encoded.candidates.map(({ tokens, truncated }, index): RankedResult => {
    const logit = (scores.logits[2 * index] ?? 0) - (scores.logits[2 * index + 1] ?? 0);
    return scores.scored[index] === 1
      ? {
          index,
          score: toScore(logit, scoreKind),
          logit,
          tokens,
          truncated,
          scored: true,
          cached: false,
        }
      : { index, score: 0, logit: 0, tokens, truncated, scored: false, cached: false };
  });
  // By logit, which both kinds grow with: probabilities near 1 run out of digits. The sort is stable.
  const ordered = all.filter(({ scored }) => scored).sort((a, b) => b.logit - a.logit);
  const wanted =
    minScore === undefined ? ordered : ordered.filter(({ score }) => score >= minScore);
  return [...wanted, ...all.filter(({ scored }) => !scored)].slice(0, topN);
}

/** p(yes) = exp(yes) / (exp(yes) + exp(no)), from logit = yes - no; the exponent is never positive. */
export function probabilityOf(logit: number): number {
  const small = Math.exp(-Math.abs(logit));
  return (logit >= 0 ? 1 : small) / (1 + small);
}

function toScore(logit: number, kind: ScoreKind): number {
  return kind === 'logit' ? logit : probabilityOf(logit);
}
