// Original file: proto/slmrank/v1/ranking.proto


/**
 * All times are 0 until the server has run its first batch.
 */
export interface WireEstimateRankResponseInput {
  /**
   * Candidates that would be scored: all of them, or as many as adaptive_depth would choose now.
   * Candidates that would be skipped because of their text as sent are not counted.
   */
  'candidates'?: (number);
  /**
   * Estimated from the number of characters, like packed_tokens.
   */
  'prefixTokens'?: (number);
  /**
   * Token positions that the model would compute: the part of each candidate that it would read,
   * and the prefix once per batch. Assumes that no score is in the score cache. In tests the
   * estimate is within 15 % for English texts and within 30 % for Japanese, Hindi, source code and
   * HTML.
   */
  'packedTokens'?: (number);
  /**
   * Time until earlier requests have finished, time for the request itself, and both together.
   */
  'queueMs'?: (number | string);
  'runMs'?: (number | string);
  'totalMs'?: (number | string);
  /**
   * Whether Rank would admit the request now.
   */
  'wouldAdmit'?: (boolean);
  /**
   * The ErrorInfo.reason of the refusal, such as "QUEUE_FULL" or "TOO_LARGE_FOR_DEADLINE". Empty if
   * the request would be admitted.
   */
  'refusalReason'?: (string);
}

/**
 * All times are 0 until the server has run its first batch.
 */
export interface WireEstimateRankResponse {
  /**
   * Candidates that would be scored: all of them, or as many as adaptive_depth would choose now.
   * Candidates that would be skipped because of their text as sent are not counted.
   */
  'candidates': (number);
  /**
   * Estimated from the number of characters, like packed_tokens.
   */
  'prefixTokens': (number);
  /**
   * Token positions that the model would compute: the part of each candidate that it would read,
   * and the prefix once per batch. Assumes that no score is in the score cache. In tests the
   * estimate is within 15 % for English texts and within 30 % for Japanese, Hindi, source code and
   * HTML.
   */
  'packedTokens': (number);
  /**
   * Time until earlier requests have finished, time for the request itself, and both together.
   */
  'queueMs': (number);
  'runMs': (number);
  'totalMs': (number);
  /**
   * Whether Rank would admit the request now.
   */
  'wouldAdmit': (boolean);
  /**
   * The ErrorInfo.reason of the refusal, such as "QUEUE_FULL" or "TOO_LARGE_FOR_DEADLINE". Empty if
   * the request would be admitted.
   */
  'refusalReason': (string);
}
