// Original file: proto/google/rpc/error_details.proto


/**
 * The cause of an error for machines.
 */
export interface WireErrorInfoInput {
  /**
   * UPPER_SNAKE_CASE, unique within the domain.
   */
  'reason'?: (string);
  /**
   * "slmrank"
   */
  'domain'?: (string);
  'metadata'?: ({[key: string]: string});
}

/**
 * The cause of an error for machines.
 */
export interface WireErrorInfo {
  /**
   * UPPER_SNAKE_CASE, unique within the domain.
   */
  'reason': (string);
  /**
   * "slmrank"
   */
  'domain': (string);
  'metadata': ({[key: string]: string});
}
