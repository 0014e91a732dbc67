import type { PromptTemplate } from '../manifest.ts';
import type { Candidate, RankRequest } from '../rank.ts';
import { templateOrder } from '../text/template.ts';

/** About four characters are a token; corrected once the tokens are known. */
const charactersPerToken = 4;

export interface TokenEstimate {
  readonly prefixTokens: number;
  /** The prefix once, and the candidates with their suffixes. */
  readonly packedTokens: number;
}

/** What it would take to score these candidates of a request, judged by the lengths of its texts. */
export type EstimateTokens = (
  request: Pick<RankRequest, 'query' | 'instruction' | 'context'>,
  candidates: readonly Candidate[],
) => TokenEstimate;

/** `candidateTokens` is the most that a candidate may keep. */
export function createTokenEstimate(
  template: PromptTemplate,
  candidateTokens: number,
): EstimateTokens {
  const isQueryFirst = templateOrder(template) === 'query-first';
  const prefix = template.prefix.replaceAll(/\{\w+\}/g, '');
  const suffix = template.suffix.replaceAll(/\{(?:query|context)\}/g, '');
  return ({ query, instruction = template.instruction, context }, candidates) => {
    const asked = [query, context];
    const prefixTokens = tokensOf(prefix, instruction, ...(isQueryFirst ? asked : []));
    const suffixTokens = tokensOf(suffix, ...(isQueryFirst ? [] : asked));
    const packedTokens = candidates.reduce(
      (sum, { title, text }) =>
        sum + Math.min(tokensOf(title, text), candidateTokens) + suffixTokens,
      prefixTokens,
    );
    return { prefixTokens, packedTokens };
  };
}

function tokensOf(...texts: readonly (string | undefined)[]): number {
  const characters = texts.reduce((sum, text) => sum + (text?.length ?? 0), 0);
  return Math.ceil(characters / charactersPerToken);
}
