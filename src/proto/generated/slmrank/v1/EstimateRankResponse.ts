// Original file: proto/slmrank/v1/ranking.proto


/**
 * Milliseconds are 0 until the server has seen its first batch.
 */
export interface WireEstimateRankResponseInput {
  /**
   * Candidates that would be scored: all of them, or as many as adaptive_depth would choose at this moment.
   * Those that would be skipped for their text as it came are not counted.
   */
  'candidates'?: (number);
  /**
   * Estimated from the texts' characters, as packed_tokens is.
   */
  'prefixTokens'?: (number);
  /**
   * Token positions the model would compute: every candidate as far as it would be read, and the prefix once for each
   * batch that they fill; nothing taken from the score cache. In tests within 15 % on English texts, and within 30 % on
   * Japanese, Hindi, source code and HTML.
   */
  'packedTokens'?: (number);
  /**
   * Until the work admitted before it is done, then for the request itself, and both together.
   */
  'queueMs'?: (number | string);
  'runMs'?: (number | string);
  'totalMs'?: (number | string);
  /**
   * Whether Rank would take the request at this moment.
   */
  'wouldAdmit'?: (boolean);
  /**
   * Why not, as ErrorInfo.reason would say: "QUEUE_FULL", "TOO_LARGE_FOR_DEADLINE". Empty when it would be admitted.
   */
  'refusalReason'?: (string);
}

/**
 * Milliseconds are 0 until the server has seen its first batch.
 */
export interface WireEstimateRankResponse {
  /**
   * Candidates that would be scored: all of them, or as many as adaptive_depth would choose at this moment.
   * Those that would be skipped for their text as it came are not counted.
   */
  'candidates': (number);
  /**
   * Estimated from the texts' characters, as packed_tokens is.
   */
  'prefixTokens': (number);
  /**
   * Token positions the model would compute: every candidate as far as it would be read, and the prefix once for each
   * batch that they fill; nothing taken from the score cache. In tests within 15 % on English texts, and within 30 % on
   * Japanese, Hindi, source code and HTML.
   */
  'packedTokens': (number);
  /**
   * Until the work admitted before it is done, then for the request itself, and both together.
   */
  'queueMs': (number);
  'runMs': (number);
  'totalMs': (number);
  /**
   * Whether Rank would take the request at this moment.
   */
  'wouldAdmit': (boolean);
  /**
   * Why not, as ErrorInfo.reason would say: "QUEUE_FULL", "TOO_LARGE_FOR_DEADLINE". Empty when it would be admitted.
   */
  'refusalReason': (string);
}
