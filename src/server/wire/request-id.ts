import type { Metadata } from '@grpc/grpc-js';

/** UTF-8 bytes: it travels in headers, which clients bound to about 8 KB in all. */
export const requestIdBytes = 256;

export const requestIdKey = 'x-request-id';

/** The request's name: its own field, else the metadata, else a made one. A name too long to echo is not taken. */
export function chooseRequestId(
  field: string | undefined,
  metadata: Metadata,
  generate: () => string,
): string {
  const [header] = metadata.get(requestIdKey);
  return [field, header?.toString()].find(isUsable) ?? generate();
}

export function isUsable(requestId: string | undefined): requestId is string {
  return (
    requestId !== undefined && requestId !== '' && Buffer.byteLength(requestId) <= requestIdBytes
  );
}

/** As a header value may be written: printable ASCII as it is, anything else percent-encoded. */
export function headerValue(requestId: string): string {
  return /^[!-~]+$/.test(requestId) ? requestId : encodeURIComponent(requestId);
}
