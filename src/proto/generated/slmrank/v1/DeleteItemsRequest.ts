// Original file: proto/slmrank/v1/items.proto

import type { WireItemVersionInput as Wire_slmrank_v1_ItemVersionInput, WireItemVersion as Wire_slmrank_v1_ItemVersion } from '../../slmrank/v1/ItemVersion.ts';

export interface WireDeleteItemsRequestInput {
  /**
   * 1 to GetInfoResponse.items.message_items items.
   */
  'items'?: (Wire_slmrank_v1_ItemVersionInput)[];
}

export interface WireDeleteItemsRequest {
  /**
   * 1 to GetInfoResponse.items.message_items items.
   */
  'items': (Wire_slmrank_v1_ItemVersion)[];
}
