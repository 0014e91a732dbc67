import { type EncodedRequest, segmentsOf } from './packed-batch.ts';
import { segmentCost } from './segment.ts';

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

export function packedSizeOf(encoded: EncodedRequest, tokenBudget: number): number {
  const { prefix, suffixes } = segmentsOf(encoded);
  const candidateTokens = suffixes.reduce((sum, suffix) => sum + segmentCost(suffix), 0);
  const prefixTokens = segmentCost(prefix);
  return packedSize({ prefixTokens, candidates: suffixes.length, candidateTokens }, tokenBudget);
}
