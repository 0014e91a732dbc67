// Original file: proto/slmrank/v1/items.proto

import type { Long } from '@grpc/proto-loader';

export interface WireItemVersionInput {
  'id'?: (string);
  /**
   * What is stored with a higher version stays. Absent: whatever is stored is deleted.
   */
  'version'?: (number | string | Long);
  '_version'?: "version";
}

export interface WireItemVersion {
  'id': (string);
  /**
   * What is stored with a higher version stays. Absent: whatever is stored is deleted.
   */
  'version'?: (string);
  '_version'?: "version";
}
