import type { Candidate, RankRequest } from './rank.ts';

/** About four characters are a token; corrected once the tokens are known. */
const charactersPerToken = 4;

export interface TokenEstimate {
  readonly prefixTokens: number;
  /** The prefix once, and the candidates. */
  readonly packedTokens: number;
}

/** What it would take to score these candidates of a request, judged by the lengths of its texts. */
export function estimateTokens(
  { query, instruction, context }: Pick<RankRequest, 'query' | 'instruction' | 'context'>,
  candidates: readonly Candidate[],
  candidateTokens: number,
): TokenEstimate {
  const prefixTokens = tokensOf(query, instruction, context);
  const packedTokens = candidates.reduce(
    (sum, { title, text }) => sum + Math.min(tokensOf(title, text), candidateTokens),
    prefixTokens,
  );
  return { prefixTokens, packedTokens };
}

function tokensOf(...texts: readonly (string | undefined)[]): number {
  const characters = texts.reduce((sum, text) => sum + (text?.length ?? 0), 0);
  return Math.ceil(characters / charactersPerToken);
}
