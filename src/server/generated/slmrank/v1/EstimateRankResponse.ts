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
   * Estimated from the texts' lengths, as packed_tokens is.
   */
  'prefixTokens'?: (number);
  /**
   * Token positions the model would compute: the prefix once and every candidate, nothing taken from the score cache.
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
   * Why not, as ErrorInfo.reason would say: "QUEUE_FULL". Empty when it would be admitted.
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
   * Estimated from the texts' lengths, as packed_tokens is.
   */
  'prefixTokens': (number);
  /**
   * Token positions the model would compute: the prefix once and every candidate, nothing taken from the score cache.
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
   * Why not, as ErrorInfo.reason would say: "QUEUE_FULL". Empty when it would be admitted.
   */
  'refusalReason': (string);
}
