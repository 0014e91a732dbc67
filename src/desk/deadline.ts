import type { Clock } from '../base/clock.ts';

/** The moments of a call, on the server's clock. */
export interface CallTimes {
  readonly startedAtMs: number;
  /** When the work must be done for the reply to reach the client in time. */
  readonly deadlineAtMs: number;
  /**
   * When the call is answered with DEADLINE_EXCEEDED even though its work has not finished: after
   * the work's deadline, and before the client's.
   */
  readonly giveUpAtMs: number;
  /** Whether `maxCallMs` set these moments, and not the client. */
  readonly isCapped: boolean;
}

/** Writing and sending the reply gets a tenth of the time left, but no more than this. */
const maxReserveMs = 50;

/**
 * The moments of a call that begins now. `timeLeftMs` is the client's own limit, Infinity when it
 * has none; a call that may take longer than `maxCallMs` is capped to it.
 */
export function callTimes(
  timeLeftMs: number,
  { clock, maxCallMs }: { readonly clock: Clock; readonly maxCallMs: number },
): CallTimes {
  const allowedMs = Math.min(timeLeftMs, maxCallMs);
  const reserveMs = Math.min(maxReserveMs, Math.max(0, allowedMs) / 10);
  const startedAtMs = clock.nowMs();
  return {
    startedAtMs,
    deadlineAtMs: startedAtMs + allowedMs - reserveMs,
    giveUpAtMs: startedAtMs + allowedMs - reserveMs / 2,
    isCapped: timeLeftMs > maxCallMs,
  };
}
