// Original file: proto/slmrank/v1/items.proto

import type { Long } from '@grpc/proto-loader';

/**
 * An item as its owner gives it.
 */
export interface WireItemSourceInput {
  /**
   * 1 to GetInfoResponse.items.id_bytes bytes.
   */
  'id'?: (string);
  /**
   * At least 1.
   */
  'version'?: (number | string | Long);
  /**
   * Title or text must have something to read; each has at most Limits.text_bytes bytes.
   */
  'title'?: (string);
  'text'?: (string);
  '_title'?: "title";
}

/**
 * An item as its owner gives it.
 */
export interface WireItemSource {
  /**
   * 1 to GetInfoResponse.items.id_bytes bytes.
   */
  'id': (string);
  /**
   * At least 1.
   */
  'version': (string);
  /**
   * Title or text must have something to read; each has at most Limits.text_bytes bytes.
   */
  'title'?: (string);
  'text': (string);
  '_title'?: "title";
}
