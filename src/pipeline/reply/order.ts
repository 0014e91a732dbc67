import type { Score } from '../../cache/score-cache.ts';
import type { RankedResult, RankRequest, ScoreKind } from '../../domain/rank.ts';
import type { SkipReason } from '../../domain/events.ts';

/** The result of one candidate before it is ordered. */
export interface CandidateOutcome {
  /** Undefined when the candidate was not scored. */
  readonly score: Score | undefined;
  /** Whether the score was not computed for this request. */
  readonly cached: boolean;
  /** The reason why it could not be scored, if it could not. */
  readonly skipped?: SkipReason | undefined;
}

/**
 * Best first, ties in input order, then the candidates without a score in input order. `minScore`
 * drops scored results only; `topN` cuts the whole list.
 */
export function orderResults(
  outcomes: readonly CandidateOutcome[],
  { scoreKind, minScore, topN }: Pick<RankRequest, 'scoreKind' | 'minScore' | 'topN'>,
): readonly RankedResult[] {
  const all = outcomes.map((outcome, index) => toResult(outcome, index, scoreKind));
  // By logit even for probabilities, which run out of digits near 1. The sort is stable.
  const ordered = all.filter(({ scored }) => scored).sort((a, b) => b.logit - a.logit);
  const wanted =
    minScore === undefined ? ordered : ordered.filter(({ score }) => score >= minScore);
  return [...wanted, ...all.filter(({ scored }) => !scored)].slice(0, topN);
}

function toResult(
  { score, cached, skipped }: CandidateOutcome,
  index: number,
  kind: ScoreKind,
): RankedResult {
  if (score === undefined) {
    return {
      index,
      score: 0,
      logit: 0,
      tokens: 0,
      truncated: false,
      scored: false,
      cached: false,
      ...(skipped === undefined ? {} : { skipped }),
    };
  }
  const { tokens, truncated } = score;
  const logit = score.yes - score.no;
  return { index, score: toScore(logit, kind), logit, tokens, truncated, scored: true, cached };
}

/**
 * p(yes) = exp(yes) / (exp(yes) + exp(no)), from logit = yes - no; the exponent is never positive.
 */
export function probabilityOf(logit: number): number {
  const small = Math.exp(-Math.abs(logit));
  return (logit >= 0 ? 1 : small) / (1 + small);
}

function toScore(logit: number, kind: ScoreKind): number {
  return kind === 'logit' ? logit : probabilityOf(logit);
}
