// Original file: proto/slmrank/v1/ranking.proto

import type { WireFieldViolationInput as Wire_slmrank_v1_FieldViolationInput, WireFieldViolation as Wire_slmrank_v1_FieldViolation } from '../../slmrank/v1/FieldViolation.ts';

export interface WireRankErrorInput {
  /**
   * A google.rpc.Code.
   */
  'code'?: (number);
  'message'?: (string);
  'fieldViolations'?: (Wire_slmrank_v1_FieldViolationInput)[];
  /**
   * When to retry, for RESOURCE_EXHAUSTED. Absent if a retry cannot help (TOO_LARGE_FOR_DEADLINE).
   */
  'retryAfterMs'?: (number);
  /**
   * As ErrorInfo.reason of the unary call: "QUEUE_FULL", "ITEMS_FULL".
   */
  'reason'?: (string);
  /**
   * As ErrorInfo.metadata of the unary call.
   */
  'metadata'?: ({[key: string]: string});
  '_retryAfterMs'?: "retryAfterMs";
}

export interface WireRankError {
  /**
   * A google.rpc.Code.
   */
  'code': (number);
  'message': (string);
  'fieldViolations': (Wire_slmrank_v1_FieldViolation)[];
  /**
   * When to retry, for RESOURCE_EXHAUSTED. Absent if a retry cannot help (TOO_LARGE_FOR_DEADLINE).
   */
  'retryAfterMs'?: (number);
  /**
   * As ErrorInfo.reason of the unary call: "QUEUE_FULL", "ITEMS_FULL".
   */
  'reason': (string);
  /**
   * As ErrorInfo.metadata of the unary call.
   */
  'metadata': ({[key: string]: string});
  '_retryAfterMs'?: "retryAfterMs";
}
