import { Metadata, type StatusObject, status } from '@grpc/grpc-js';
import type { RankError } from '../../base/errors.ts';
import { type FieldViolation, type RankErrorKind, reasonOf } from '../../base/errors.ts';
import type { WireAnyInput } from '../../proto/generated/google/protobuf/Any.ts';
import type { WireRankErrorInput } from '../../proto/generated/slmrank/v1/RankError.ts';
import type { ProtoRoot } from '../../proto/proto-root.ts';
import { headerValue, requestIdKey } from './metadata.ts';

/** The one table from kinds of failure to gRPC status codes. */
const codes: Readonly<Record<RankErrorKind, status>> = {
  'invalid-argument': status.INVALID_ARGUMENT,
  unauthenticated: status.UNAUTHENTICATED,
  'not-found': status.NOT_FOUND,
  'failed-precondition': status.FAILED_PRECONDITION,
  // Also for requests that are predicted to be late, since nothing was executed; DEADLINE_EXCEEDED
  // usually comes from the client's own timer.
  overloaded: status.RESOURCE_EXHAUSTED,
  'deadline-exceeded': status.DEADLINE_EXCEEDED,
  cancelled: status.CANCELLED,
  unavailable: status.UNAVAILABLE,
  'replica-failed': status.UNAVAILABLE,
  internal: status.INTERNAL,
};

/** The retry time of an `overloaded` that has none: without one, clients would never retry. */
const defaultRetryMs = 1000;
/** gRPC proposal A6: at a negative value a client's retry policy gives up. */
const neverRetry = -1;

/**
 * The details are sent in trailers, in base64, and the message percent-encoded. Clients limit all
 * headers to about 8 KB, and gRPC fails a call with more.
 */
const mostViolationBytes = 2400;
const mostMessageLength = 240;

/** gRPC's name for the status of an answer. */
export function nameStatus(
  answer: { readonly ok: true } | { readonly ok: false; readonly error: RankError },
): string {
  return status[answer.ok ? status.OK : codeOf(answer.error)];
}

export function codeOf(error: RankError): status {
  return codes[error.kind];
}

/** The status that ends a call, with google.rpc.Status in grpc-status-details-bin. */
export function toStatus(
  error: RankError,
  requestId: string,
  root: Pick<ProtoRoot, 'details'>,
): StatusObject {
  const code = codes[error.kind];
  const message = clipText(error.message, mostMessageLength);
  const details = packDetails(error, requestId, root);
  const metadata = new Metadata();
  metadata.set(
    'grpc-status-details-bin',
    root.details['google.rpc.Status'].serialize({ code, message, details }),
  );
  metadata.set(requestIdKey, headerValue(requestId));
  if (error.kind === 'overloaded' || error.retryAfterMs !== undefined) {
    metadata.set('grpc-retry-pushback-ms', String(retryMsOf(error) ?? neverRetry));
  }
  return { code, details: message, metadata };
}

/** The same error as a message, for an answer in a stream. */
export function toWireError(error: RankError): WireRankErrorInput {
  const retryAfterMs = retryMsOf(error);
  return {
    code: codes[error.kind],
    message: clipText(error.message, mostMessageLength),
    fieldViolations: clipViolations(error.violations),
    reason: reasonOf(error),
    metadata: error.facts,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

function packDetails(
  error: RankError,
  requestId: string,
  { details }: Pick<ProtoRoot, 'details'>,
): WireAnyInput[] {
  const packed: WireAnyInput[] = [];
  const add = (type: keyof typeof details, value: Buffer) =>
    packed.push({ type_url: `type.googleapis.com/${type}`, value });
  const info = { reason: reasonOf(error), domain: 'slmrank', metadata: error.facts };
  add('google.rpc.ErrorInfo', details['google.rpc.ErrorInfo'].serialize(info));
  const fieldViolations = clipViolations(error.violations);
  if (fieldViolations.length > 0) {
    add(
      'google.rpc.BadRequest',
      details['google.rpc.BadRequest'].serialize({ fieldViolations: [...fieldViolations] }),
    );
  }
  if (error.quotaOf !== undefined) {
    const subject = `client:${error.quotaOf}`;
    const description = clipText(error.message, mostMessageLength);
    add(
      'google.rpc.QuotaFailure',
      details['google.rpc.QuotaFailure'].serialize({ violations: [{ subject, description }] }),
    );
  }
  const retryMs = retryMsOf(error);
  if (retryMs !== undefined) {
    const retryDelay = { seconds: Math.floor(retryMs / 1000), nanos: (retryMs % 1000) * 1e6 };
    add('google.rpc.RetryInfo', details['google.rpc.RetryInfo'].serialize({ retryDelay }));
  }
  add('google.rpc.RequestInfo', details['google.rpc.RequestInfo'].serialize({ requestId }));
  return packed;
}

/** In whole milliseconds; undefined when we suggest no retry, or when a retry cannot help. */
function retryMsOf({ kind, retryAfterMs }: RankError): number | undefined {
  const ms = retryAfterMs ?? (kind === 'overloaded' ? defaultRetryMs : undefined);
  return ms === undefined || ms === Number.POSITIVE_INFINITY
    ? undefined
    : Math.max(0, Math.ceil(ms));
}

/** The first violations that fit, and the number of the others. */
function clipViolations(violations: readonly FieldViolation[]): FieldViolation[] {
  const kept: FieldViolation[] = [];
  let bytes = 0;
  for (const { field, description } of violations) {
    const clipped = { field: clipText(field, 100), description: clipText(description, 200) };
    bytes += Buffer.byteLength(clipped.field) + Buffer.byteLength(clipped.description) + 8;
    if (bytes > mostViolationBytes) {
      const more = violations.length - kept.length;
      return [...kept, { field: '', description: `and ${more} more` }];
    }
    kept.push(clipped);
  }
  return kept;
}

/**
 * The text cut to `most` UTF-16 units, without lone surrogates, on which the library's encodeURI
 * would throw.
 */
function clipText(text: string, most: number): string {
  const clipped = text.length <= most ? text : `${text.slice(0, most)}...`;
  return clipped.replace(/\p{Surrogate}/gu, '\u{FFFD}');
}
