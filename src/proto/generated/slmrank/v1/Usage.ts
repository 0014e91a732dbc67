// Original file: proto/slmrank/v1/ranking.proto


export interface WireUsageInput {
  /**
   * Candidates in the request, and those of them that were scored.
   */
  'candidates'?: (number);
  'scored'?: (number);
  'truncated'?: (number);
  /**
   * Tokens of the shared prefix, counted once; 0 when every score came from the score cache.
   */
  'prefixTokens'?: (number);
  /**
   * Tokens of all candidates, title and text, as read.
   */
  'candidateTokens'?: (number);
  /**
   * Token positions the model computed for this request.
   */
  'packedTokens'?: (number);
  /**
   * Batches this request was spread over.
   */
  'batches'?: (number);
  /**
   * Scores that were not computed for this request (Result.cached).
   */
  'cached'?: (number);
  /**
   * Candidates from the top of the list that were to be scored: all of them unless adaptive_depth said otherwise. Those
   * below were not looked at; those skipped for their text as it came are not counted, and do not use up depth.
   */
  'depth'?: (number);
  /**
   * Candidates that were skipped (on_bad_candidate), whether top_n left them in the results or not.
   */
  'skipped'?: (number);
  /**
   * Candidates that were read from the item store, and those of them that were read without a near-line summary
   * (TEXT_SOURCE_FALLBACK or TEXT_SOURCE_RAW).
   */
  'stored'?: (number);
  'storedFallback'?: (number);
}

export interface WireUsage {
  /**
   * Candidates in the request, and those of them that were scored.
   */
  'candidates': (number);
  'scored': (number);
  'truncated': (number);
  /**
   * Tokens of the shared prefix, counted once; 0 when every score came from the score cache.
   */
  'prefixTokens': (number);
  /**
   * Tokens of all candidates, title and text, as read.
   */
  'candidateTokens': (number);
  /**
   * Token positions the model computed for this request.
   */
  'packedTokens': (number);
  /**
   * Batches this request was spread over.
   */
  'batches': (number);
  /**
   * Scores that were not computed for this request (Result.cached).
   */
  'cached': (number);
  /**
   * Candidates from the top of the list that were to be scored: all of them unless adaptive_depth said otherwise. Those
   * below were not looked at; those skipped for their text as it came are not counted, and do not use up depth.
   */
  'depth': (number);
  /**
   * Candidates that were skipped (on_bad_candidate), whether top_n left them in the results or not.
   */
  'skipped': (number);
  /**
   * Candidates that were read from the item store, and those of them that were read without a near-line summary
   * (TEXT_SOURCE_FALLBACK or TEXT_SOURCE_RAW).
   */
  'stored': (number);
  'storedFallback': (number);
}
