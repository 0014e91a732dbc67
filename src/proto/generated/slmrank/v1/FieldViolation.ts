// Original file: proto/slmrank/v1/ranking.proto


export interface WireFieldViolationInput {
  /**
   * "candidates[3].text"
   */
  'field'?: (string);
  'description'?: (string);
}

export interface WireFieldViolation {
  /**
   * "candidates[3].text"
   */
  'field': (string);
  'description': (string);
}
