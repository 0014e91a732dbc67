import type { EncodedRequest } from './packed-batch.ts';

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

/** The same of a request that is encoded. */
export function packedSizeOf({ prefix, candidates }: EncodedRequest, tokenBudget: number): number {
  const candidateTokens = candidates.reduce((sum, { ids }) => sum + ids.length, 0);
  const size = { prefixTokens: prefix.length, candidates: candidates.length, candidateTokens };
  return packedSize(size, tokenBudget);
}
