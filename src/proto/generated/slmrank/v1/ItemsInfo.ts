// Original file: proto/slmrank/v1/ranking.proto

import type { Long } from '@grpc/proto-loader';

/**
 * The item store of ItemService (items.proto).
 */
export interface WireItemsInfoInput {
  'items'?: (number | string | Long);
  /**
   * Makes the summaries, as "method version"; empty when nothing does.
   */
  'compressor'?: (string);
  /**
   * Makes the first summaries at once, until the compressor has time.
   */
  'fallbackCompressor'?: (string);
  /**
   * Limits of an id in bytes of UTF-8, and of the items of one message.
   */
  'idBytes'?: (number);
  'messageItems'?: (number);
}

/**
 * The item store of ItemService (items.proto).
 */
export interface WireItemsInfo {
  'items': (string);
  /**
   * Makes the summaries, as "method version"; empty when nothing does.
   */
  'compressor': (string);
  /**
   * Makes the first summaries at once, until the compressor has time.
   */
  'fallbackCompressor': (string);
  /**
   * Limits of an id in bytes of UTF-8, and of the items of one message.
   */
  'idBytes': (number);
  'messageItems': (number);
}
