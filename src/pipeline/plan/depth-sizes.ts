import type { Candidate, RankRequest } from '../../domain/rank.ts';
import type { Size } from '../../schedule/forecast/forecast.ts';
import { packedSize } from '../../batch/packed-size.ts';
import type { EstimateTokens } from './estimate-tokens.ts';

export interface SizeParts {
  readonly estimateTokens: EstimateTokens;
  /** Packed tokens of a batch. */
  readonly tokenBudget: number;
}

/**
 * The estimated cost of the first n candidates of a request, for n from 0 to all of them. Only
 * candidates for which `hasToRun` is true count, and the prefix counts once for each batch that
 * they fill.
 */
export function depthSizes(
  request: RankRequest,
  candidates: readonly Candidate[],
  hasToRun: (place: number) => boolean,
  { estimateTokens, tokenBudget }: SizeParts,
): readonly Size[] {
  const { prefixTokens, suffixTokens, ...estimated } = estimateTokens(request, candidates);
  const sizes: Size[] = [{ candidates: 0, packedTokens: 0, prefixTokens: 0 }];
  let count = 0;
  let candidateTokens = 0;
  for (const [place, tokens] of estimated.candidateTokens.entries()) {
    if (hasToRun(place)) {
      count += 1;
      candidateTokens += tokens + suffixTokens;
    }
    const size = { prefixTokens, candidates: count, candidateTokens };
    sizes.push(
      count === 0
        ? { candidates: 0, packedTokens: 0, prefixTokens: 0 }
        : { candidates: count, packedTokens: packedSize(size, tokenBudget), prefixTokens },
    );
  }
  return sizes;
}
