// Original file: proto/slmrank/v1/ranking.proto


export interface WireLimitsInput {
  'candidates'?: (number);
  /**
   * UTF-8 bytes of one text field (a candidate's text is cut to so many unless truncation is TRUNCATION_ERROR, others are
   * refused), and bytes of a whole request as sent.
   */
  'textBytes'?: (number);
  'requestBytes'?: (number);
  /**
   * Tokens of instruction, query and context together with the template's own around them, whatever its order. This
   * and candidate_tokens are what holds: the server's settings, or what a row has room for if that is less.
   */
  'prefixTokens'?: (number);
  /**
   * Context budget: most tokens of one candidate.
   */
  'candidateTokens'?: (number);
  /**
   * Most tokens in one row: prefix, candidate and suffix. The model's own, set when it was built.
   */
  'rowTokens'?: (number);
  'queuedCandidates'?: (number);
  'queuedTokens'?: (number);
  'streamUnanswered'?: (number);
  /**
   * Bytes of a reply, unless the request says that the client takes more (max_reply_bytes).
   */
  'replyBytes'?: (number);
}

export interface WireLimits {
  'candidates': (number);
  /**
   * UTF-8 bytes of one text field (a candidate's text is cut to so many unless truncation is TRUNCATION_ERROR, others are
   * refused), and bytes of a whole request as sent.
   */
  'textBytes': (number);
  'requestBytes': (number);
  /**
   * Tokens of instruction, query and context together with the template's own around them, whatever its order. This
   * and candidate_tokens are what holds: the server's settings, or what a row has room for if that is less.
   */
  'prefixTokens': (number);
  /**
   * Context budget: most tokens of one candidate.
   */
  'candidateTokens': (number);
  /**
   * Most tokens in one row: prefix, candidate and suffix. The model's own, set when it was built.
   */
  'rowTokens': (number);
  'queuedCandidates': (number);
  'queuedTokens': (number);
  'streamUnanswered': (number);
  /**
   * Bytes of a reply, unless the request says that the client takes more (max_reply_bytes).
   */
  'replyBytes': (number);
}
