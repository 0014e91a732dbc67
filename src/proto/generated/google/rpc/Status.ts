// Original file: proto/google/rpc/status.proto

import type { WireAnyInput as Wire_google_protobuf_AnyInput, WireAny as Wire_google_protobuf_Any } from '../../google/protobuf/Any.ts';

/**
 * How an error travels in the trailer grpc-status-details-bin.
 */
export interface WireStatusInput {
  /**
   * A google.rpc.Code, equal to the call's grpc-status.
   */
  'code'?: (number);
  'message'?: (string);
  'details'?: (Wire_google_protobuf_AnyInput)[];
}

/**
 * How an error travels in the trailer grpc-status-details-bin.
 */
export interface WireStatus {
  /**
   * A google.rpc.Code, equal to the call's grpc-status.
   */
  'code': (number);
  'message': (string);
  'details': (Wire_google_protobuf_Any)[];
}
