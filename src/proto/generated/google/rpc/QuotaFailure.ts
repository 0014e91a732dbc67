// Original file: proto/google/rpc/error_details.proto


export interface Wire_google_rpc_QuotaFailure_ViolationInput {
  /**
   * "client:NAME"
   */
  'subject'?: (string);
  'description'?: (string);
}

export interface Wire_google_rpc_QuotaFailure_Violation {
  /**
   * "client:NAME"
   */
  'subject': (string);
  'description': (string);
}

/**
 * Which quota is spent.
 */
export interface WireQuotaFailureInput {
  'violations'?: (Wire_google_rpc_QuotaFailure_ViolationInput)[];
}

/**
 * Which quota is spent.
 */
export interface WireQuotaFailure {
  'violations': (Wire_google_rpc_QuotaFailure_Violation)[];
}
