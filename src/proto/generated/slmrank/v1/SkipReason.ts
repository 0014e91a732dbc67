// Original file: proto/slmrank/v1/ranking.proto

/**
 * Why a candidate cannot be scored.
 */
export const SkipReason = {
  /**
   * It was not skipped.
   */
  SKIP_REASON_UNSPECIFIED: 'SKIP_REASON_UNSPECIFIED',
  /**
   * It has neither text nor title.
   */
  SKIP_REASON_EMPTY: 'SKIP_REASON_EMPTY',
  /**
   * Its text and title have no visible characters.
   */
  SKIP_REASON_BLANK: 'SKIP_REASON_BLANK',
  /**
   * The title has more bytes than Limits.text_bytes. With TRUNCATION_ERROR also: the text has more
   * bytes than that, or title and text together have more tokens than the context budget.
   */
  SKIP_REASON_TOO_LONG: 'SKIP_REASON_TOO_LONG',
  /**
   * It was given by id alone, and the item store does not have that id.
   */
  SKIP_REASON_UNKNOWN_ID: 'SKIP_REASON_UNKNOWN_ID',
} as const;

/**
 * Why a candidate cannot be scored.
 */
export type WireSkipReasonInput =
  /**
   * It was not skipped.
   */
  | 'SKIP_REASON_UNSPECIFIED'
  | 0
  /**
   * It has neither text nor title.
   */
  | 'SKIP_REASON_EMPTY'
  | 1
  /**
   * Its text and title have no visible characters.
   */
  | 'SKIP_REASON_BLANK'
  | 2
  /**
   * The title has more bytes than Limits.text_bytes. With TRUNCATION_ERROR also: the text has more
   * bytes than that, or title and text together have more tokens than the context budget.
   */
  | 'SKIP_REASON_TOO_LONG'
  | 3
  /**
   * It was given by id alone, and the item store does not have that id.
   */
  | 'SKIP_REASON_UNKNOWN_ID'
  | 4

/**
 * Why a candidate cannot be scored.
 */
export type WireSkipReason = typeof SkipReason[keyof typeof SkipReason]
