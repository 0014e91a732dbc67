import type { Metadata } from '@grpc/grpc-js';
import type { CallContext } from '../domain/rank.ts';

/** Longer names are cut, for they are kept by client; what is not printable ASCII is replaced. */
const clientCharacters = 256;
/** https://www.w3.org/TR/trace-context/#traceparent-header, version 00. */
const traceparentForm = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** Who asks, by the call's own word. A malformed trace context counts as absent, as its specification asks. */
export function callerOf(metadata: Metadata): Pick<CallContext, 'client' | 'traceparent'> {
  const traceparent = headerOf(metadata, 'traceparent');
  return {
    client: (headerOf(metadata, 'x-client-id') ?? '')
      .slice(0, clientCharacters)
      .replace(/[^ -~]/g, '_'),
    traceparent:
      traceparent !== undefined && traceparentForm.test(traceparent) ? traceparent : undefined,
  };
}

function headerOf(metadata: Metadata, key: string): string | undefined {
  return metadata.get(key)[0]?.toString();
}
