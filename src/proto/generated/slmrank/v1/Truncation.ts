// Original file: proto/slmrank/v1/ranking.proto

/**
 * What happens to a candidate that is longer than the context budget, or whose text has more bytes than
 * Limits.text_bytes (which is then cut to so many first). Only the candidate's own text is ever cut,
 * by whole tokens; instruction, query, context and the template's suffix never are.
 */
export const Truncation = {
  /**
   * The server's default: keep the start.
   */
  TRUNCATION_UNSPECIFIED: 'TRUNCATION_UNSPECIFIED',
  /**
   * Keep the start of the candidate, cut its end.
   */
  TRUNCATION_END: 'TRUNCATION_END',
  /**
   * Keep the end of the candidate, cut its start. The title is kept.
   */
  TRUNCATION_START: 'TRUNCATION_START',
  /**
   * Nothing may be cut: a longer candidate is bad, see OnBadCandidate.
   */
  TRUNCATION_ERROR: 'TRUNCATION_ERROR',
} as const;

/**
 * What happens to a candidate that is longer than the context budget, or whose text has more bytes than
 * Limits.text_bytes (which is then cut to so many first). Only the candidate's own text is ever cut,
 * by whole tokens; instruction, query, context and the template's suffix never are.
 */
export type WireTruncationInput =
  /**
   * The server's default: keep the start.
   */
  | 'TRUNCATION_UNSPECIFIED'
  | 0
  /**
   * Keep the start of the candidate, cut its end.
   */
  | 'TRUNCATION_END'
  | 1
  /**
   * Keep the end of the candidate, cut its start. The title is kept.
   */
  | 'TRUNCATION_START'
  | 2
  /**
   * Nothing may be cut: a longer candidate is bad, see OnBadCandidate.
   */
  | 'TRUNCATION_ERROR'
  | 3

/**
 * What happens to a candidate that is longer than the context budget, or whose text has more bytes than
 * Limits.text_bytes (which is then cut to so many first). Only the candidate's own text is ever cut,
 * by whole tokens; instruction, query, context and the template's suffix never are.
 */
export type WireTruncation = typeof Truncation[keyof typeof Truncation]
