import { assertNever, type RankError } from '../base/errors.ts';
import type { Outcome as EndedOutcome, PriorityClass, ServingEvent } from '../domain/events.ts';
import type { CallContext, RankReply, RankRequest } from '../domain/rank.ts';
import { reasonOf } from '../base/errors.ts';

type Ended = Extract<ServingEvent, { kind: 'ended' }>;

/** What is learnt of a ranking request on its way, for the fact that it has ended. */
export class RankNotes {
  candidates = 0;
  priority: PriorityClass = 'interactive';
  reply: RankReply | undefined = undefined;

  /** It was parsed; before that nothing is known of it. */
  accept({ candidates, priority }: Pick<RankRequest, 'candidates' | 'priority'>): void {
    this.candidates = candidates.length;
    this.priority = priority;
  }
}

export interface Ending {
  readonly method: string;
  readonly requestId: string;
  readonly caller: Pick<CallContext, 'client' | 'traceparent'>;
  /** Undefined when it was answered with the reply. */
  readonly error: RankError | undefined;
  readonly startedMs: number;
  readonly endedMs: number;
  /** By when an answer is in time. */
  readonly dueMs: number;
}

/** The fact that a request has ended; undefined for methods that rank nothing. */
export function endedEvent(notes: RankNotes, ending: Ending): Ended | undefined {
  const { method, requestId, caller, error, startedMs, endedMs } = ending;
  if (method !== 'Rank' && method !== 'RankStream') {
    return undefined;
  }
  const { candidates, priority, reply } = notes;
  // A reply that was ready after the caller was told otherwise answered nobody.
  const given = error === undefined ? reply : undefined;
  return {
    kind: 'ended',
    ...{ method, requestId, ...caller, candidates, priority, startedMs },
    outcome: outcomeOf(error, given),
    reason: error === undefined ? undefined : reasonOf(error),
    scored: given?.usage.scored ?? 0,
    cached: given?.usage.cached ?? 0,
    truncated: given?.usage.truncated ?? 0,
    ...(given?.skipped === undefined ? {} : { skipped: given.skipped }),
    packedTokens: given?.usage.packedTokens ?? 0,
    inTime: error === undefined && endedMs <= ending.dueMs,
    encodeMs: given?.times.encodeMs ?? 0,
    queueMs: given?.times.queueMs ?? 0,
    runMs: given?.times.runMs ?? 0,
    totalMs: endedMs - startedMs,
  };
}

function outcomeOf(error: RankError | undefined, reply: RankReply | undefined): EndedOutcome {
  if (error === undefined) {
    return reply?.complete === false ? 'partial' : 'scored';
  }
  switch (error.kind) {
    case 'invalid-argument':
    case 'unauthenticated':
    case 'not-found':
    case 'failed-precondition':
    case 'overloaded':
    case 'unavailable':
      return 'rejected';
    case 'deadline-exceeded':
      return 'expired';
    case 'cancelled':
      return 'cancelled';
    case 'replica-failed':
    case 'internal':
      return 'failed';
    default:
      return assertNever(error.kind);
  }
}
