// Original file: proto/slmrank/v1/admin.proto


export interface WireSetLogLevelRequestInput {
  /**
   * "debug", "info", "warn", "error" or "silent"
   */
  'level'?: (string);
}

export interface WireSetLogLevelRequest {
  /**
   * "debug", "info", "warn", "error" or "silent"
   */
  'level': (string);
}
