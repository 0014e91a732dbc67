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

/**
 * Every reason code of the house: ErrorInfo.reason on the wire, a label of metrics, a word in logs.
 * A code that is not here does not compile.
 */
export const reasons = [
  // Refused because the server is busy.
  'QUEUE_FULL',
  'CLIENT_SHARE',
  'PREDICTED_LATE',
  'TOO_LARGE_FOR_DEADLINE',
  'QUOTA_EXCEEDED',
  // Refused at the front door, before a request was read.
  'TOO_MANY_CALLS',
  'BYTES_IN_FLIGHT',
  'METADATA_TOO_LARGE',
  'STALLED',
  // Refused because of what the client sent.
  'INVALID_REQUEST',
  'MODEL_NOT_FOUND',
  'ITEM_NOT_FOUND',
  'API_KEY_INVALID',
  'AUTHORITY_CHANGED',
  'FAILED_PRECONDITION',
  // Refused because of the server's state.
  'STARTING',
  'DRAINING',
  'NOT_SERVING',
  'WRONG_FINGERPRINT',
  'ITEMS_OFF',
  'ITEMS_FULL',
  'ITEMS_NOT_WRITTEN',
  // Accepted, but not scored.
  'DROPPED_LATE',
  'DEADLINE_PASSED',
  'CANCELLED',
  'REPLICA_FAILED',
  'SCORE_NOT_A_NUMBER',
  'INTERNAL',
  // Changes that an operator asked for.
  'CHANGE_UNDER_WAY',
  'SLOT_NOT_FOUND',
  'LAST_REPLICA',
  'FOLDER_HANGS',
  'MODEL_CANNOT_ANSWER',
] as const;

export type Reason = (typeof reasons)[number];

export interface FieldViolation {
  /** Path into the request, as in the proto: `candidates[3].text`. */
  readonly field: string;
  readonly description: string;
}

export interface RankErrorDetails {
  readonly violations?: readonly FieldViolation[];
  /** When a retry makes sense. Infinity: the same request can never succeed. */
  readonly retryAfterMs?: number | undefined;
  /** The client whose quota is used up, when that is the reason. */
  readonly quotaOf?: string | undefined;
  /** What a program needs to know of the reason: ErrorInfo.metadata on the wire. */
  readonly facts?: Readonly<Record<string, string>> | undefined;
  /** When absent, the reason follows from the kind; see `reasonOf`. */
  readonly reason?: Reason | undefined;
  readonly cause?: unknown;
}

/** The error class of the serving path. Messages say what was found, what is allowed, and where. */
export class RankError extends Error {
  override readonly name = 'RankError';
  readonly kind: RankErrorKind;
  readonly violations: readonly FieldViolation[];
  readonly retryAfterMs: number | undefined;
  readonly reason: Reason | undefined;
  readonly quotaOf: string | undefined;
  readonly facts: Readonly<Record<string, string>>;

  constructor(kind: RankErrorKind, message: string, details: RankErrorDetails = {}) {
    super(message, { cause: details.cause });
    this.kind = kind;
    this.violations = details.violations ?? [];
    this.retryAfterMs = details.retryAfterMs;
    this.reason = details.reason;
    this.quotaOf = details.quotaOf;
    this.facts = details.facts ?? {};
  }

  /**
   * Turns anything thrown into a RankError: foreign errors become `internal`, kept as the cause.
   */
  static from(thrown: unknown): RankError {
    if (thrown instanceof RankError) {
      return thrown;
    }
    return new RankError('internal', messageOf(thrown), { cause: thrown });
  }
}

/** The message of whatever was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** The last branch of a switch over a closed union: the compiler proves that it is unreachable. */
export function assertNever(value: never): never {
  throw new RankError('internal', `unexpected ${JSON.stringify(value)}; this is a bug`);
}

/** The error that a client may see: foreign errors lose their message, which may show internals. */
export function presentError(thrown: unknown): RankError {
  return thrown instanceof RankError
    ? thrown
    : new RankError('internal', 'the request failed inside the server; this is a bug', {
        cause: thrown,
      });
}

/** The error's own reason, or the one that its kind stands for. */
export function reasonOf(error: RankError): Reason {
  return error.reason ?? reasonOfKind[error.kind];
}

const reasonOfKind: Readonly<Record<RankErrorKind, Reason>> = {
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
