// Original file: proto/slmrank/v1/admin.proto


export interface WireSetLogLevelResponseInput {
  /**
   * The level before the change.
   */
  'previous'?: (string);
}

export interface WireSetLogLevelResponse {
  /**
   * The level before the change.
   */
  'previous': (string);
}
