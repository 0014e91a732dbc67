/**
 * Packed tokens of a request whose candidates (with their suffixes) have so many tokens together: each batch that it is
 * spread over computes the prefix once, and holds whole candidates, here all of one length.
 */
export function packedSize(
  { prefixTokens, candidates, candidateTokens }: RequestSize,
  tokenBudget: number,
): number {
  const room = Math.max(1, tokenBudget - prefixTokens);
  const eachTokens = candidateTokens / Math.max(1, candidates);
  const inOne = Math.max(1, Math.floor(room / Math.max(1, eachTokens)));
  return Math.max(1, Math.ceil(candidates / inOne)) * prefixTokens + candidateTokens;
}

export interface RequestSize {
  readonly prefixTokens: number;
  readonly candidates: number;
  /** Of all of them. */
  readonly candidateTokens: number;
}
