// Original file: proto/slmrank/v1/items.proto


export interface WireGetItemRequestInput {
  'id'?: (string);
}

export interface WireGetItemRequest {
  'id': (string);
}
