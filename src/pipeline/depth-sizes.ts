import type { Candidate, RankRequest } from '../rank.ts';
import type { Size } from '../schedule/forecast.ts';
import type { EstimateTokens } from './estimate-tokens.ts';

/**
 * What the first n candidates of a request take to run, for n from 0 to all of them, tokens as estimated: the prefix
 * once, and those that `hasToRun` says the request has to run itself.
 */
export function depthSizes(
  request: RankRequest,
  candidates: readonly Candidate[],
  hasToRun: (place: number) => boolean,
  estimateTokens: EstimateTokens,
): readonly Size[] {
  const lengthOf = createLengths(request, candidates, estimateTokens);
  const prefixTokens = estimateTokens(request, []).packedTokens;
  const sizes = [{ candidates: 0, packedTokens: 0 }];
  let count = 0;
  let packedTokens = prefixTokens;
  for (const [place, candidate] of candidates.entries()) {
    if (hasToRun(place)) {
      count += 1;
      packedTokens += lengthOf(candidate);
    }
    sizes.push({ candidates: count, packedTokens: count === 0 ? 0 : packedTokens });
  }
  return sizes;
}

/**
 * Estimated tokens of one candidate with its suffix. The query may be long, and stand in every suffix: it is looked at
 * once, not once for each candidate.
 */
function createLengths(
  request: RankRequest,
  [first]: readonly Candidate[],
  estimateTokens: EstimateTokens,
): (candidate: Candidate) => number {
  const bare = { ...request, query: '', instruction: '', context: undefined };
  const lengthIn = (asked: RankRequest, candidate: Candidate) =>
    estimateTokens(asked, [candidate]).packedTokens - estimateTokens(asked, []).packedTokens;
  const askedTokens = first === undefined ? 0 : lengthIn(request, first) - lengthIn(bare, first);
  return (candidate) => lengthIn(bare, candidate) + askedTokens;
}
