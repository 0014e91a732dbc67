// Original file: proto/slmrank/v1/items.proto

import type { WireMethodCountInput as Wire_slmrank_v1_MethodCountInput, WireMethodCount as Wire_slmrank_v1_MethodCount } from '../../slmrank/v1/MethodCount.ts';
import type { Long } from '@grpc/proto-loader';

export interface WireItemsStateInput {
  'items'?: (number | string | Long);
  /**
   * Items whose summary or token ids are missing or of an earlier compressor or model. They are made in spare time.
   */
  'stale'?: (number | string | Long);
  /**
   * Items of which nothing can be made: left alone until they or the compressor change.
   */
  'parked'?: (number | string | Long);
  /**
   * How long the oldest stale item has waited; 0 when none is stale.
   */
  'lagSeconds'?: (number | string);
  /**
   * Of the store's pages in use, and the most it may have.
   */
  'bytes'?: (number | string | Long);
  'maxBytes'?: (number | string | Long);
  /**
   * Since the server started: summaries made; failures; and look-ups of ids that are not stored.
   */
  'compressed'?: (Wire_slmrank_v1_MethodCountInput)[];
  'failed'?: (number | string | Long);
  'missed'?: (number | string | Long);
}

export interface WireItemsState {
  'items': (string);
  /**
   * Items whose summary or token ids are missing or of an earlier compressor or model. They are made in spare time.
   */
  'stale': (string);
  /**
   * Items of which nothing can be made: left alone until they or the compressor change.
   */
  'parked': (string);
  /**
   * How long the oldest stale item has waited; 0 when none is stale.
   */
  'lagSeconds': (number);
  /**
   * Of the store's pages in use, and the most it may have.
   */
  'bytes': (string);
  'maxBytes': (string);
  /**
   * Since the server started: summaries made; failures; and look-ups of ids that are not stored.
   */
  'compressed': (Wire_slmrank_v1_MethodCount)[];
  'failed': (string);
  'missed': (string);
}
