// Original file: proto/slmrank/v1/items.proto


export interface WireListItemsRequestInput {
  /**
   * At most 1000; 100 when 0 or absent.
   */
  'pageSize'?: (number);
  /**
   * ListItemsResponse.next_page_token of the page before; empty for the first.
   */
  'pageToken'?: (string);
}

export interface WireListItemsRequest {
  /**
   * At most 1000; 100 when 0 or absent.
   */
  'pageSize': (number);
  /**
   * ListItemsResponse.next_page_token of the page before; empty for the first.
   */
  'pageToken': (string);
}
