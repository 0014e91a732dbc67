import type { EncodedRequest } from '../../batch/packed-batch.ts';
import { segmentCost } from '../../batch/segment.ts';
import { packedSize } from '../../batch/packed-size.ts';
import type { EstimateTokens } from './estimate-tokens.ts';

/** Candidates after which an earlier share has lost a third of its weight. */
const memory = 500;

/**
 * The share of candidates' tokens that costs anything to run, where the states of some candidates
 * are kept. Which ones is known only after encoding, and admission comes before it.
 */
export class ComputedShare {
  #share = 1;

  observe({ candidates, segments }: EncodedRequest): void {
    if (segments === undefined) {
      return;
    }
    let whole = 0;
    let computed = 0;
    candidates.forEach(({ ids, tokens }, index) => {
      const segment = segments.suffixes[index];
      const suffixTokens = ids.length - tokens;
      whole += tokens;
      computed += segment === undefined ? tokens : segmentCost(segment) - suffixTokens;
    });
    if (whole > 0) {
      const weight = Math.min(1, candidates.length / memory);
      this.#share += weight * (computed / whole - this.#share);
    }
  }

  /** The estimates with candidates' tokens reduced to those that are computed. */
  reduce(estimate: EstimateTokens, tokenBudget: number): EstimateTokens {
    return (request, some) => {
      const whole = estimate(request, some);
      if (this.#share === 1) {
        return whole;
      }
      const { prefixTokens, suffixTokens } = whole;
      const candidateTokens = whole.candidateTokens.map((tokens) =>
        Math.ceil(tokens * this.#share),
      );
      const size = {
        prefixTokens,
        candidates: some.length,
        candidateTokens: candidateTokens.reduce((sum, tokens) => sum + tokens + suffixTokens, 0),
      };
      return { ...whole, candidateTokens, packedTokens: packedSize(size, tokenBudget) };
    };
  }
}
