import type { EncodedRequest } from './packed-batch.ts';

export interface RequestSize {
  readonly prefixTokens: number;
  readonly candidates: number;
  /** Of all candidates together, with their suffixes. */
  readonly candidateTokens: number;
}

/**
 * Packed tokens of a request: each batch that it is divided among computes the prefix again and
 * holds whole candidates, which are taken to be of equal length.
 */
export function packedSize(
  { prefixTokens, candidates, candidateTokens }: RequestSize,
  tokenBudget: number,
): number {
  const room = Math.max(1, tokenBudget - prefixTokens);
  const eachTokens = candidateTokens / Math.max(1, candidates);
  const perBatch = Math.max(1, Math.floor(room / Math.max(1, eachTokens)));
  return Math.max(1, Math.ceil(candidates / perBatch)) * prefixTokens + candidateTokens;
}

export function packedSizeOf({ prefix, candidates }: EncodedRequest, tokenBudget: number): number {
  const candidateTokens = candidates.reduce((sum, { ids }) => sum + ids.length, 0);
  const size = { prefixTokens: prefix.length, candidates: candidates.length, candidateTokens };
  return packedSize(size, tokenBudget);
}
