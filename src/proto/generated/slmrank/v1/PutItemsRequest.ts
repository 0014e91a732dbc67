// Original file: proto/slmrank/v1/items.proto

import type { WireItemSourceInput as Wire_slmrank_v1_ItemSourceInput, WireItemSource as Wire_slmrank_v1_ItemSource } from '../../slmrank/v1/ItemSource.ts';

export interface WirePutItemsRequestInput {
  /**
   * 1 to GetInfoResponse.items.message_items items.
   */
  'items'?: (Wire_slmrank_v1_ItemSourceInput)[];
}

export interface WirePutItemsRequest {
  /**
   * 1 to GetInfoResponse.items.message_items items.
   */
  'items': (Wire_slmrank_v1_ItemSource)[];
}
