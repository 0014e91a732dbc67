import { at } from '../../base/at.ts';
import { RankError } from '../../base/errors.ts';
import type { ScoresByKey } from '../../cache/score-cache.ts';
import type { RankedResult, RankReply, RankRequest } from '../../domain/rank.ts';
import type { SkipCounts, SkipReason } from '../../domain/events.ts';

/** A request without the candidates that are skipped from the start, and how to put them back. */
export interface WithoutSkipped {
  readonly request: RankRequest;
  /** Of the remaining candidates, their places in the whole request. */
  readonly places: readonly number[];
  /**
   * The reply to the whole request: skipped candidates are listed with those that were not scored.
   */
  restore(reply: RankReply): RankReply;
}

/** Removes candidates that are known to be bad, so that they are neither encoded nor charged. */
export function withoutSkipped(request: RankRequest): WithoutSkipped {
  const { skips, ...rest } = request;
  const { candidates, topN } = rest;
  if (skips === undefined || skips.size === 0) {
    return { request, places: [...candidates.keys()], restore: (reply) => reply };
  }
  const places = [...candidates.keys()].filter((place) => !skips.has(place));
  const kept = candidates.filter((_, place) => !skips.has(place));
  return {
    request: { ...rest, candidates: kept },
    places,
    restore: (reply) => {
      const results = reply.results.map((result) => ({
        ...result,
        index: at(places, result.index),
      }));
      const ranked = results.filter(({ scored }) => scored);
      const others = [...results.filter(({ scored }) => !scored), ...[...skips].map(toResult)];
      return {
        ...reply,
        results: [...ranked, ...others.sort((a, b) => a.index - b.index)].slice(0, topN),
        usage: { ...reply.usage, candidates: candidates.length },
        skipped: countSkips([...skips.values()], reply.skipped),
      };
    },
  };
}

/** Counts each reason, starting from `before`. */
export function countSkips(reasons: readonly SkipReason[], before: SkipCounts = {}): SkipCounts {
  const counts: Partial<Record<SkipReason, number>> = { ...before };
  for (const reason of reasons) {
    const { [reason]: count = 0 } = counts;
    counts[reason] = count + 1;
  }
  return counts;
}

/**
 * Refuses a request that does not skip bad candidates but has one. Shared scores can show that
 * before its texts are encoded, because another request has skipped the same candidate.
 *
 * @throws RankError `invalid-argument` that names those candidates.
 */
export function assertNoneBad(
  { onBadCandidate }: Pick<RankRequest, 'onBadCandidate'>,
  keys: readonly string[],
  scores: ScoresByKey,
): void {
  if (onBadCandidate === 'skip') {
    return;
  }
  const violations = keys.flatMap((key, place) => {
    const bad = scores.get(key)?.bad;
    return bad === undefined
      ? []
      : [{ field: `candidates[${place}].${bad.field}`, description: bad.description }];
  });
  const [first] = violations;
  if (first !== undefined) {
    const more = violations.length > 1 ? ` (and ${violations.length - 1} more)` : '';
    const message = `${first.field}: ${first.description}${more}`;
    throw new RankError('invalid-argument', message, { violations });
  }
}

function toResult([index, skipped]: [number, SkipReason]): RankedResult {
  const nothing = { score: 0, logit: 0, tokens: 0, truncated: false, scored: false, cached: false };
  return { index, ...nothing, skipped };
}
