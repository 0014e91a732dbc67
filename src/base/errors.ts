/** Every way in which a request can fail. One table in src/server maps each to a gRPC status. */
export type RankErrorKind =
  | 'invalid-argument'
  | 'unauthenticated'
  | 'not-found'
  | 'failed-precondition'
  | 'overloaded'
  | 'deadline-exceeded'
  | 'cancelled'
  | 'unavailable'
  | 'replica-failed'
  | 'internal';

export interface FieldViolation {
  /** Path into the request, as in the proto: `candidates[3].text`. */
  readonly field: string;
  readonly description: string;
}

export interface RankErrorDetails {
  readonly violations?: readonly FieldViolation[];
  /** For `overloaded`: when to retry. Infinity when the same request can never be accepted. */
  readonly retryAfterMs?: number;
  /** The client whose quota is exhausted, when that is the reason. */
  readonly quotaOf?: string;
  /** Machine-readable reason for ErrorInfo, such as `QUEUE_FULL`. */
  readonly reason?: string;
  readonly cause?: unknown;
}

/**
 * The error class of the serving path. The message says what was found where, and what is allowed.
 */
export class RankError extends Error {
  override readonly name = 'RankError';
  readonly kind: RankErrorKind;
  readonly violations: readonly FieldViolation[];
  readonly retryAfterMs: number | undefined;
  readonly reason: string | undefined;
  readonly quotaOf: string | undefined;

  constructor(kind: RankErrorKind, message: string, details: RankErrorDetails = {}) {
    super(message, { cause: details.cause });
    this.kind = kind;
    this.violations = details.violations ?? [];
    this.retryAfterMs = details.retryAfterMs;
    this.reason = details.reason;
    this.quotaOf = details.quotaOf;
  }

  /** Converts anything thrown. Other errors become `internal`, with the cause kept for the log. */
  static from(thrown: unknown): RankError {
    if (thrown instanceof RankError) {
      return thrown;
    }
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    return new RankError('internal', message, { cause: thrown });
  }
}

/** For the default case of a switch over a closed union. Reaching it is a bug. */
export function assertNever(value: never): never {
  throw new RankError('internal', `unexpected ${JSON.stringify(value)}; this is a bug`);
}

/** The error for the client. Errors that are not a RankError reveal nothing about the server. */
export function presentError(thrown: unknown): RankError {
  return thrown instanceof RankError
    ? thrown
    : new RankError('internal', 'the request failed inside the server; this is a bug', {
        cause: thrown,
      });
}

/** The machine-readable reason: the error's own, or the one of its kind. */
export function reasonOf(error: RankError): string {
  return error.reason ?? reasonOfKind[error.kind];
}

/** For errors without a reason of their own. */
const reasonOfKind: Readonly<Record<RankErrorKind, string>> = {
  'invalid-argument': 'INVALID_REQUEST',
  unauthenticated: 'API_KEY_INVALID',
  'not-found': 'MODEL_NOT_FOUND',
  'failed-precondition': 'FAILED_PRECONDITION',
  overloaded: 'QUEUE_FULL',
  'deadline-exceeded': 'DEADLINE_PASSED',
  cancelled: 'CANCELLED',
  unavailable: 'NOT_SERVING',
  'replica-failed': 'REPLICA_FAILED',
  internal: 'INTERNAL',
};

/**
 * A data file that is missing, malformed or inconsistent. The message names the file and the line,
 * what was found and what was expected.
 */
export class DataError extends Error {
  override readonly name = 'DataError';
}

/** A place in a file. Lines count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
}

export function dataError(place: Place, found: string, expected: string): DataError {
  return new DataError(`${place.file}:${place.line}: found ${found}; expected ${expected}`);
}

/** Quotes text from a file, cut to 80 characters: a line may have megabytes. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}...` : text);
}
