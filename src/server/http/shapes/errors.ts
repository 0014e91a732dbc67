import { type RankError, type RankErrorKind, reasonOf } from '../../../base/errors.ts';

/** The body of an error, as the clients of an API read it. */
export type WriteError = (error: RankError, status: number) => unknown;

/** The one table from kinds of failure to HTTP statuses. */
const statuses: Readonly<Record<RankErrorKind, number>> = {
  'invalid-argument': 400,
  unauthenticated: 401,
  'not-found': 404,
  'failed-precondition': 400,
  overloaded: 429,
  'deadline-exceeded': 504,
  cancelled: 499,
  unavailable: 503,
  'replica-failed': 503,
  internal: 500,
};

export function statusOf({ kind }: RankError): number {
  return statuses[kind];
}

/**
 * Whole seconds until a retry makes sense, for the header Retry-After; undefined for none. An
 * `overloaded` request that can never succeed has none.
 */
export function retryAfterOf({ kind, retryAfterMs }: RankError): number | undefined {
  const ms = retryAfterMs ?? (kind === 'overloaded' || kind === 'unavailable' ? 1000 : undefined);
  return ms === undefined || ms === Number.POSITIVE_INFINITY ? undefined : Math.ceil(ms / 1000);
}

/** Cohere's clients read `message`, those of vLLM and of OpenAI's APIs read `error`. */
export const writeRerankError: WriteError = (error, status) => ({
  message: error.message,
  error: {
    message: error.message,
    type: reasonOf(error),
    param: error.violations.at(0)?.field ?? null,
    code: status,
  },
});

const teiTypes: Readonly<Record<RankErrorKind, string>> = {
  'invalid-argument': 'Validation',
  unauthenticated: 'Validation',
  'not-found': 'Validation',
  'failed-precondition': 'Validation',
  overloaded: 'Overloaded',
  'deadline-exceeded': 'Backend',
  cancelled: 'Backend',
  unavailable: 'Unhealthy',
  'replica-failed': 'Backend',
  internal: 'Backend',
};

/** Text Embeddings Inference: a sentence and a type. */
export const writeTeiError: WriteError = (error) => ({
  error: error.message,
  error_type: teiTypes[error.kind],
});

/** The names of gRPC's statuses in the Connect protocol's JSON. */
const connectCodes: Readonly<Record<RankErrorKind, string>> = {
  'invalid-argument': 'invalid_argument',
  unauthenticated: 'unauthenticated',
  'not-found': 'not_found',
  'failed-precondition': 'failed_precondition',
  overloaded: 'resource_exhausted',
  'deadline-exceeded': 'deadline_exceeded',
  cancelled: 'canceled',
  unavailable: 'unavailable',
  'replica-failed': 'unavailable',
  internal: 'internal',
};

/** The Connect protocol's error (https://connectrpc.com/docs/protocol, "Error end-stream"). */
export const writeConnectError: WriteError = (error) => ({
  code: connectCodes[error.kind],
  message: error.message,
  details: [
    {
      type: 'google.rpc.ErrorInfo',
      debug: { reason: reasonOf(error), domain: 'slmrank', metadata: error.facts },
    },
    ...(error.violations.length === 0
      ? []
      : [{ type: 'google.rpc.BadRequest', debug: { fieldViolations: error.violations } }]),
  ],
});
