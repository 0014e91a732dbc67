// Original file: proto/slmrank/v1/admin.proto


export interface WireSetLogLevelResponseInput {
  /**
   * The level until now.
   */
  'previous'?: (string);
}

export interface WireSetLogLevelResponse {
  /**
   * The level until now.
   */
  'previous': (string);
}
