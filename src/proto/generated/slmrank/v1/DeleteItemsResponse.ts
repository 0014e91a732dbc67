// Original file: proto/slmrank/v1/items.proto


export interface WireDeleteItemsResponseInput {
  'deleted'?: (number);
  /**
   * Kept, because a higher version is stored.
   */
  'newer'?: (number);
  /**
   * Nothing was stored.
   */
  'missing'?: (number);
}

export interface WireDeleteItemsResponse {
  'deleted': (number);
  /**
   * Kept, because a higher version is stored.
   */
  'newer': (number);
  /**
   * Nothing was stored.
   */
  'missing': (number);
}
