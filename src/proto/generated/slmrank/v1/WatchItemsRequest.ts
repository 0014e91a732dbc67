// Original file: proto/slmrank/v1/items.proto


export interface WireWatchItemsRequestInput {
  /**
   * 100 to 3,600,000; 1000 when 0 or absent.
   */
  'intervalMs'?: (number);
}

export interface WireWatchItemsRequest {
  /**
   * 100 to 3,600,000; 1000 when 0 or absent.
   */
  'intervalMs': (number);
}
