// Original file: proto/slmrank/v1/ranking.proto

/**
 * What happens to a candidate that is longer than the context budget, or whose text has more bytes
 * than Limits.text_bytes (such a text is cut to that many bytes first). Only a candidate's own text
 * and title are ever cut, at whole tokens; instruction, query, context and the template's suffix
 * are not.
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
   * Cut nothing: a longer candidate is bad; see OnBadCandidate.
   */
  TRUNCATION_ERROR: 'TRUNCATION_ERROR',
} as const;

/**
 * What happens to a candidate that is longer than the context budget, or whose text has more bytes
 * than Limits.text_bytes (such a text is cut to that many bytes first). Only a candidate's own text
 * and title are ever cut, at whole tokens; instruction, query, context and the template's suffix
 * are not.
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
   * Cut nothing: a longer candidate is bad; see OnBadCandidate.
   */
  | 'TRUNCATION_ERROR'
  | 3

/**
 * What happens to a candidate that is longer than the context budget, or whose text has more bytes
 * than Limits.text_bytes (such a text is cut to that many bytes first). Only a candidate's own text
 * and title are ever cut, at whole tokens; instruction, query, context and the template's suffix
 * are not.
 */
export type WireTruncation = typeof Truncation[keyof typeof Truncation]
