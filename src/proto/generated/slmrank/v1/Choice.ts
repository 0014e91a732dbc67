// Original file: proto/slmrank/v1/ranking.proto


/**
 * A setting that the server has chosen or was given.
 */
export interface WireChoiceInput {
  /**
   * "token_budget", "devices" or "encoders"
   */
  'setting'?: (string);
  'value'?: (string);
  /**
   * The flag or variable that gave it, or why the server chose it when it started.
   */
  'reason'?: (string);
}

/**
 * A setting that the server has chosen or was given.
 */
export interface WireChoice {
  /**
   * "token_budget", "devices" or "encoders"
   */
  'setting': (string);
  'value': (string);
  /**
   * The flag or variable that gave it, or why the server chose it when it started.
   */
  'reason': (string);
}
