// Original file: proto/google/rpc/error_details.proto

import type { WireDurationInput as Wire_google_protobuf_DurationInput, WireDuration as Wire_google_protobuf_Duration } from '../../google/protobuf/Duration.ts';

/**
 * When to try again. Without it, do not.
 */
export interface WireRetryInfoInput {
  'retryDelay'?: (Wire_google_protobuf_DurationInput | null);
}

/**
 * When to try again. Without it, do not.
 */
export interface WireRetryInfo {
  'retryDelay': (Wire_google_protobuf_Duration | null);
}
