// Original file: proto/google/rpc/error_details.proto


/**
 * Which request this is about.
 */
export interface WireRequestInfoInput {
  'requestId'?: (string);
  'servingData'?: (string);
}

/**
 * Which request this is about.
 */
export interface WireRequestInfo {
  'requestId': (string);
  'servingData': (string);
}
