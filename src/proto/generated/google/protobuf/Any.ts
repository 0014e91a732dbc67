// Original file: null

import type { AnyExtension } from '@grpc/proto-loader';

export type WireAnyInput = AnyExtension | {
  type_url: string;
  value: Buffer | Uint8Array | string;
}

export interface WireAny {
  'type_url': (string);
  'value': (Buffer);
}
