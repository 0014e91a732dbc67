// Original file: proto/slmrank/v1/ranking.proto


export interface WireLimitsInput {
  'candidates'?: (number);
  /**
   * UTF-8 bytes of one text, and bytes of a whole request as sent. A longer text of a candidate is
   * cut unless truncation is TRUNCATION_ERROR; other longer texts are refused.
   */
  'textBytes'?: (number);
  'requestBytes'?: (number);
  /**
   * Tokens of instruction, query and context together, with the template's text around them, in
   * either template order. This limit and candidate_tokens are the ones in force: the server's
   * settings, or less if a row has no room for them.
   */
  'prefixTokens'?: (number);
  /**
   * The context budget: most tokens of one candidate.
   */
  'candidateTokens'?: (number);
  /**
   * Most tokens in one row: prefix, candidate and suffix. Set when the model was built.
   */
  'rowTokens'?: (number);
  'queuedCandidates'?: (number);
  'queuedTokens'?: (number);
  'streamUnanswered'?: (number);
  /**
   * Bytes of a reply, unless the request allows more (max_reply_bytes).
   */
  'replyBytes'?: (number);
}

export interface WireLimits {
  'candidates': (number);
  /**
   * UTF-8 bytes of one text, and bytes of a whole request as sent. A longer text of a candidate is
   * cut unless truncation is TRUNCATION_ERROR; other longer texts are refused.
   */
  'textBytes': (number);
  'requestBytes': (number);
  /**
   * Tokens of instruction, query and context together, with the template's text around them, in
   * either template order. This limit and candidate_tokens are the ones in force: the server's
   * settings, or less if a row has no room for them.
   */
  'prefixTokens': (number);
  /**
   * The context budget: most tokens of one candidate.
   */
  'candidateTokens': (number);
  /**
   * Most tokens in one row: prefix, candidate and suffix. Set when the model was built.
   */
  'rowTokens': (number);
  'queuedCandidates': (number);
  'queuedTokens': (number);
  'streamUnanswered': (number);
  /**
   * Bytes of a reply, unless the request allows more (max_reply_bytes).
   */
  'replyBytes': (number);
}
