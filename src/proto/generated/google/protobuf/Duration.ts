// Original file: null

import type { Long } from '@grpc/proto-loader';

export interface WireDurationInput {
  'seconds'?: (number | string | Long);
  'nanos'?: (number);
}

export interface WireDuration {
  'seconds': (string);
  'nanos': (number);
}
