import { assertNever, type RankError, reasonOf } from '../base/errors.ts';
import type { Outcome, PriorityClass, ServingEvent, TextSource } from '../domain/events.ts';
import type { RankReply, RankRequest } from '../domain/rank.ts';
import type { Caller } from './caller.ts';

type EndedEvent = Extract<ServingEvent, { kind: 'ended' }>;

/** What is known about a ranking request so far. The `ended` event reports it. */
export class RankNotes {
  candidates = 0;
  priority: PriorityClass = 'interactive';
  reply: RankReply | undefined = undefined;
  /** Candidates from the item store by the text that was read; undefined without any. */
  stored: EndedEvent['stored'];

  /** Notes a request that has passed the checks. */
  accept({ candidates, priority }: RankRequest): void {
    this.candidates = candidates.length;
    this.priority = priority;
    this.stored = countSources(candidates);
  }
}

function countSources(candidates: RankRequest['candidates']): EndedEvent['stored'] {
  const counts = new Map<TextSource, number>();
  for (const { stored } of candidates) {
    if (stored !== undefined) {
      counts.set(stored.source, (counts.get(stored.source) ?? 0) + 1);
    }
  }
  return counts.size === 0 ? undefined : Object.fromEntries(counts);
}

export interface EndedCall {
  readonly method: string;
  readonly requestId: string;
  readonly caller: Caller;
  /** Undefined when the call was answered with the reply. */
  readonly error: RankError | undefined;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  /** An answer after this moment is late. */
  readonly dueAtMs: number;
}

/** The event for a request that has ended; undefined for methods that rank nothing. */
export function endedEvent(notes: RankNotes, call: EndedCall): EndedEvent | undefined {
  const { method, requestId, caller, error } = call;
  if (method !== 'Rank' && method !== 'RankStream') {
    return undefined;
  }
  // A reply that was ready after the client had been sent an error was not delivered.
  const reply = error === undefined ? notes.reply : undefined;
  return {
    kind: 'ended',
    method,
    requestId,
    client: caller.client,
    traceparent: caller.traceparent,
    candidates: notes.candidates,
    priority: notes.priority,
    outcome: outcomeOf(error, reply),
    reason: error === undefined ? undefined : reasonOf(error),
    scored: reply?.usage.scored ?? 0,
    cached: reply?.usage.cached ?? 0,
    truncated: reply?.usage.truncated ?? 0,
    ...(reply?.skipped === undefined ? {} : { skipped: reply.skipped }),
    ...(reply === undefined || notes.stored === undefined ? {} : { stored: notes.stored }),
    packedTokens: reply?.usage.packedTokens ?? 0,
    inTime: error === undefined && call.endedAtMs <= call.dueAtMs,
    startedAtMs: call.startedAtMs,
    encodeMs: reply?.times.encodeMs ?? 0,
    queueMs: reply?.times.queueMs ?? 0,
    runMs: reply?.times.runMs ?? 0,
    totalMs: call.endedAtMs - call.startedAtMs,
  };
}

function outcomeOf(error: RankError | undefined, reply: RankReply | undefined): Outcome {
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
