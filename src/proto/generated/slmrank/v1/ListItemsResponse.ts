// Original file: proto/slmrank/v1/items.proto

import type { WireListedItemInput as Wire_slmrank_v1_ListedItemInput, WireListedItem as Wire_slmrank_v1_ListedItem } from '../../slmrank/v1/ListedItem.ts';

export interface WireListItemsResponseInput {
  'items'?: (Wire_slmrank_v1_ListedItemInput)[];
  /**
   * Empty after the last page.
   */
  'nextPageToken'?: (string);
}

export interface WireListItemsResponse {
  'items': (Wire_slmrank_v1_ListedItem)[];
  /**
   * Empty after the last page.
   */
  'nextPageToken': (string);
}
