// Original file: proto/google/rpc/error_details.proto


export interface Wire_google_rpc_BadRequest_FieldViolationInput {
  /**
   * Path into the request: "candidates[3].text".
   */
  'field'?: (string);
  'description'?: (string);
}

export interface Wire_google_rpc_BadRequest_FieldViolation {
  /**
   * Path into the request: "candidates[3].text".
   */
  'field': (string);
  'description': (string);
}

/**
 * What is wrong with a request, field by field.
 */
export interface WireBadRequestInput {
  'fieldViolations'?: (Wire_google_rpc_BadRequest_FieldViolationInput)[];
}

/**
 * What is wrong with a request, field by field.
 */
export interface WireBadRequest {
  'fieldViolations': (Wire_google_rpc_BadRequest_FieldViolation)[];
}
