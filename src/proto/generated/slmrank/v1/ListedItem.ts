// Original file: proto/slmrank/v1/items.proto

import type { Long } from '@grpc/proto-loader';

export interface WireListedItemInput {
  'id'?: (string);
  'version'?: (number | string | Long);
  'updatedAtMs'?: (number | string);
  /**
   * As in ItemSummary; empty while there is none.
   */
  'method'?: (string);
  'methodVersion'?: (string);
  'tokens'?: (number);
  'candidateTokens'?: (number);
  'failures'?: (number);
}

export interface WireListedItem {
  'id': (string);
  'version': (string);
  'updatedAtMs': (number);
  /**
   * As in ItemSummary; empty while there is none.
   */
  'method': (string);
  'methodVersion': (string);
  'tokens': (number);
  'candidateTokens': (number);
  'failures': (number);
}
