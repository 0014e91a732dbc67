import type { Landed } from '../../cache/flight.ts';
import { RankError } from '../../base/errors.ts';
import type { RankedResult, RankReply, RankRequest } from '../../domain/rank.ts';
import type { SkipCounts, SkipReason } from '../../domain/events.ts';

/** A request without the candidates that are skipped as they came, and the way back. */
export interface WithoutSkipped {
  readonly request: RankRequest;
  /** Of its candidates in the whole request. */
  readonly places: readonly number[];
  /** The reply to the whole request, in which skipped candidates stand among those that were not scored. */
  restore(reply: RankReply): RankReply;
}

/** Takes out what need not be encoded to know that it cannot be scored, so that it costs nothing further on. */
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
        index: places[result.index] ?? result.index,
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

/** How many there are of each reason, added to those counted before. */
export function countSkips(reasons: readonly SkipReason[], before: SkipCounts = {}): SkipCounts {
  const counts: Partial<Record<SkipReason, number>> = { ...before };
  for (const reason of reasons) {
    counts[reason] = (counts[reason] ?? 0) + 1;
  }
  return counts;
}

/**
 * Bad candidates that another request skipped, and that this one has heard of by the same key.
 *
 * @throws RankError `invalid-argument` naming them, unless this one skips them too.
 */
export function assertNoneBad(
  { onBadCandidate }: Pick<RankRequest, 'onBadCandidate'>,
  keys: readonly string[],
  scores: Landed,
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
