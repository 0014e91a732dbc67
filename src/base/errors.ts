/** Every way a request can fail; the server maps each to one gRPC status in one table. */
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
  /** When trying again makes sense, for `overloaded`; Infinity: never, as the request is. */
  readonly retryAfterMs?: number;
  /** Whose quota is spent, when that is the reason. */
  readonly quotaOf?: string;
  /** Machine-readable reason for ErrorInfo, such as `QUEUE_FULL`. */
  readonly reason?: string;
  readonly cause?: unknown;
}

/** The one error class of the serving path. The message says what, found, allowed, where. */
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

  /** The single door for throwables of unknown origin: what is not ours becomes `internal`, cause kept for logs. */
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

/** For closed unions: reaching it is a broken promise of ours. */
export function assertNever(value: never): never {
  throw new RankError('internal', `unexpected ${JSON.stringify(value)}; this is a bug`);
}

/** As the wire may see it: what is not ours says nothing of our insides. */
export function presentError(thrown: unknown): RankError {
  return thrown instanceof RankError
    ? thrown
    : new RankError('internal', 'the request failed inside the server; this is a bug', {
        cause: thrown,
      });
}

/** For machines: the error's own reason, or its kind's. */
export function reasonOf(error: RankError): string {
  return error.reason ?? reasonOfKind[error.kind];
}

/** For errors that bring no reason of their own. */
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
