import { Metadata } from '@grpc/grpc-js';
import { type Caller, parseCaller } from '../../desk/caller.ts';
import { isUsableRequestId } from '../../desk/violations.ts';
import type { StageTimes } from '../../domain/rank.ts';
import { fingerprintKey } from '../../proto/metadata-keys.ts';

export const requestIdKey = 'x-request-id';
export const serverTimingKey = 'server-timing';
/** The front door sets it to the credential that let the call in, and removes a client's value. */
export const credentialKey = 'x-slmrank-credential';

export function callerOf(metadata: Metadata): Caller {
  return parseCaller(
    headerOf(metadata, 'x-client-id'),
    headerOf(metadata, 'traceparent'),
    headerOf(metadata, fingerprintKey),
  );
}

/**
 * Milliseconds until a call's deadline, negative once it has passed. The library gives deadlines in
 * Unix time, or Infinity for a call without one.
 */
export function timeLeft(deadline: Date | number): number {
  return Number(deadline) - Date.now();
}

/** Returns the credential that let the call in, and removes it from the metadata. */
export function takeCredential(metadata: Metadata): string | undefined {
  const credential = headerOf(metadata, credentialKey);
  metadata.remove(credentialKey);
  return credential;
}

/**
 * The request's id: from its own field, else from the metadata, else generated. Ids that are too
 * long to be sent back are ignored.
 */
export function chooseRequestId(
  field: string | undefined,
  metadata: Metadata,
  generate: () => string,
): string {
  return [field, headerOf(metadata, requestIdKey)].find(isUsableRequestId) ?? generate();
}

/** The id as initial metadata. */
export function requestIdMetadata(requestId: string): Metadata {
  const metadata = new Metadata();
  metadata.set(requestIdKey, headerValue(requestId));
  return metadata;
}

/** A value fit for a header: printable ASCII as it is, anything else percent-encoded. */
export function headerValue(text: string): string {
  return /^[!-~]+$/.test(text) ? text : encodeURIComponent(text);
}

/**
 * The stages in the form of W3C Server Timing, in milliseconds: `encode;dur=1.2, queue;dur=30, ...`
 */
export function serverTiming({ encodeMs, queueMs, runMs, totalMs }: StageTimes): string {
  const stages = { encode: encodeMs, queue: queueMs, run: runMs, total: totalMs };
  return Object.entries(stages)
    .map(([name, ms]) => `${name};dur=${Math.round(ms * 100) / 100}`)
    .join(', ');
}

function headerOf(metadata: Metadata, key: string): string | undefined {
  return metadata.get(key)[0]?.toString();
}
