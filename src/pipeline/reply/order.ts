import type { Score } from '../../cache/score-cache.ts';
import type { RankedResult, RankRequest, ScoreKind } from '../../domain/rank.ts';
import type { SkipReason } from '../../domain/events.ts';

/** What came of one candidate. */
export interface Outcome {
  /** Undefined when it was left out. */
  readonly score: Score | undefined;
  /** Whether the score was not computed for this request. */
  readonly cached: boolean;
  /** Why it could not be scored. */
  readonly skipped?: SkipReason | undefined;
}

/**
 * Best first, ties in input order; `minScore` drops scored results only, what was left out or skipped follows in input order,
 * and `topN` cuts the whole.
 */
export function orderResults(
  outcomes: readonly Outcome[],
  { scoreKind, minScore, topN }: Pick<RankRequest, 'scoreKind' | 'minScore' | 'topN'>,
): readonly RankedResult[] {
  const all = outcomes.map((outcome, index) => toResult(outcome, index, scoreKind));
  // By logit, which both kinds grow with: probabilities near 1 run out of digits. The sort is stable.
  const ordered = all.filter(({ scored }) => scored).sort((a, b) => b.logit - a.logit);
  const wanted =
    minScore === undefined ? ordered : ordered.filter(({ score }) => score >= minScore);
  return [...wanted, ...all.filter(({ scored }) => !scored)].slice(0, topN);
}

function toResult(
  { score, cached, skipped }: Outcome,
  index: number,
  kind: ScoreKind,
): RankedResult {
  if (score === undefined) {
    return {
      ...{ index, score: 0, logit: 0, tokens: 0, truncated: false, scored: false, cached: false },
      ...(skipped === undefined ? {} : { skipped }),
    };
  }
  const { tokens, truncated } = score;
  const logit = score.yes - score.no;
  return { index, score: toScore(logit, kind), logit, tokens, truncated, scored: true, cached };
}

/** p(yes) = exp(yes) / (exp(yes) + exp(no)), from logit = yes - no; the exponent is never positive. */
export function probabilityOf(logit: number): number {
  const small = Math.exp(-Math.abs(logit));
  return (logit >= 0 ? 1 : small) / (1 + small);
}

function toScore(logit: number, kind: ScoreKind): number {
  return kind === 'logit' ? logit : probabilityOf(logit);
}
