// Original file: proto/slmrank/v1/items.proto

import type { Long } from '@grpc/proto-loader';

export interface WireMethodCountInput {
  'method'?: (string);
  'items'?: (number | string | Long);
}

export interface WireMethodCount {
  'method': (string);
  'items': (string);
}
