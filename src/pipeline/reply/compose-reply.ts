import { countSkips } from './bad-candidates.ts';
import { type CandidateOutcome, orderResults } from './order.ts';
import type { RankReply, RankRequest } from '../../domain/rank.ts';
import type { ScoresByKey } from '../../cache/score-cache.ts';

/** Builds the reply. `keys` are those of the first candidates; the rest was not to be scored. */
export function composeReply(
  request: RankRequest,
  keys: readonly string[],
  { scores, executed, spent }: RankScores,
  totalMs: number,
): RankReply {
  const { encodeMs, queueMs, runMs, ...usage } = spent;
  const outcomes = request.candidates.map(({ isCut = false }, place): CandidateOutcome => {
    const key = keys[place];
    const found = key === undefined ? undefined : scores.get(key);
    const score =
      found === undefined || found.bad !== undefined
        ? undefined
        : { ...found, truncated: found.truncated || isCut };
    const cached = score !== undefined && key !== undefined && !executed.has(key);
    return { score, cached, skipped: found?.bad?.reason };
  });
  const scored = outcomes.flatMap(({ score }) => score ?? []);
  const skips = outcomes.flatMap(({ skipped }) => skipped ?? []);
  return {
    results: orderResults(outcomes, request),
    ...(skips.length === 0 ? {} : { skipped: countSkips(skips) }),
    usage: {
      candidates: outcomes.length,
      scored: scored.length,
      truncated: scored.filter(({ truncated }) => truncated).length,
      candidateTokens: scored.reduce((sum, { tokens }) => sum + tokens, 0),
      ...usage,
      cached: outcomes.filter(({ cached }) => cached).length,
      depth: keys.length,
    },
    times: { encodeMs, queueMs, runMs, totalMs },
    complete: keys.every((key) => scores.has(key)),
  };
}

/** The scores of one request and what they cost. */
export interface RankScores {
  readonly scores: ScoresByKey;
  /** The keys that were run for this request. */
  readonly executed: ReadonlySet<string>;
  readonly spent: Spent;
}

/** What was spent on one request. */
export interface Spent {
  readonly prefixTokens: number;
  readonly packedTokens: number;
  readonly batches: number;
  readonly encodeMs: number;
  readonly queueMs: number;
  readonly runMs: number;
}
