import type { Clock } from '../base/clock.ts';

export interface CallTimes {
  readonly startMs: number;
  /** When the work has to be done, so that the reply still reaches the client in time. */
  readonly deadlineMs: number;
  /** When we answer DEADLINE_EXCEEDED whatever the work does: after the work's deadline, before the library's. */
  readonly giveUpMs: number;
  /** Whether they are `maxCallMs`' and not the caller's. */
  readonly isCapped: boolean;
}

export interface TimeBounds {
  readonly clock: Clock;
  readonly maxCallMs: number;
  readonly timeoutMs?: number | undefined;
}

/** Kept back from a deadline for writing and sending the reply: a tenth of the time, at most so much. */
const mostReserveMs = 50;

/**
 * A call's moments on our clock. The library gives its deadline on the wall clock, Infinity when there is none, and at
 * that moment ends the call by itself with a bare status; a call without one, or with a far one, gets `maxCallMs`. A
 * request's own `timeoutMs`, which begins now, counts when it ends earlier.
 */
export function timesOf(
  deadline: Date | number,
  { clock, maxCallMs, timeoutMs = Number.POSITIVE_INFINITY }: TimeBounds,
): CallTimes {
  const callersMs = Math.min(Number(deadline) - Date.now(), timeoutMs);
  const remainingMs = Math.min(callersMs, maxCallMs);
  const reserveMs = Math.min(mostReserveMs, Math.max(0, remainingMs) / 10);
  const startMs = clock.nowMs();
  return {
    startMs,
    deadlineMs: startMs + remainingMs - reserveMs,
    giveUpMs: startMs + remainingMs - reserveMs / 2,
    isCapped: callersMs > maxCallMs,
  };
}
