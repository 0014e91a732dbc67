// Original file: proto/slmrank/v1/ranking.proto


export interface WireUsageInput {
  /**
   * Candidates in the request, and how many of them were scored.
   */
  'candidates'?: (number);
  'scored'?: (number);
  'truncated'?: (number);
  /**
   * Tokens of the shared prefix, counted once; 0 if every score came from the score cache.
   */
  'prefixTokens'?: (number);
  /**
   * Tokens of all candidates (title and text) that the model read.
   */
  'candidateTokens'?: (number);
  /**
   * Token positions that the model computed for this request. Of a candidate whose states were kept
   * (SLMRANK_STATES_MB), twelve tokens count as one.
   */
  'packedTokens'?: (number);
  /**
   * Batches in which the request ran.
   */
  'batches'?: (number);
  /**
   * Scores that were not computed for this request (Result.cached).
   */
  'cached'?: (number);
  /**
   * How many candidates, from the first one on, were to be scored: all of them unless
   * adaptive_depth chose fewer. Candidates beyond the depth were not examined. Candidates that were
   * skipped because of their text as sent are not counted and do not use up depth.
   */
  'depth'?: (number);
  /**
   * Candidates that were skipped (on_bad_candidate), including those that top_n cut from the
   * results.
   */
  'skipped'?: (number);
  /**
   * Candidates that were read from the item store, and those of them that were read without a
   * near-line summary (TEXT_SOURCE_FALLBACK or TEXT_SOURCE_RAW).
   */
  'stored'?: (number);
  'storedFallback'?: (number);
}

export interface WireUsage {
  /**
   * Candidates in the request, and how many of them were scored.
   */
  'candidates': (number);
  'scored': (number);
  'truncated': (number);
  /**
   * Tokens of the shared prefix, counted once; 0 if every score came from the score cache.
   */
  'prefixTokens': (number);
  /**
   * Tokens of all candidates (title and text) that the model read.
   */
  'candidateTokens': (number);
  /**
   * Token positions that the model computed for this request. Of a candidate whose states were kept
   * (SLMRANK_STATES_MB), twelve tokens count as one.
   */
  'packedTokens': (number);
  /**
   * Batches in which the request ran.
   */
  'batches': (number);
  /**
   * Scores that were not computed for this request (Result.cached).
   */
  'cached': (number);
  /**
   * How many candidates, from the first one on, were to be scored: all of them unless
   * adaptive_depth chose fewer. Candidates beyond the depth were not examined. Candidates that were
   * skipped because of their text as sent are not counted and do not use up depth.
   */
  'depth': (number);
  /**
   * Candidates that were skipped (on_bad_candidate), including those that top_n cut from the
   * results.
   */
  'skipped': (number);
  /**
   * Candidates that were read from the item store, and those of them that were read without a
   * near-line summary (TEXT_SOURCE_FALLBACK or TEXT_SOURCE_RAW).
   */
  'stored': (number);
  'storedFallback': (number);
}
