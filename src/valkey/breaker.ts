/**
 * A circuit breaker (M. Nygard, "Release It!", 2007, chapter 5) as a value: closed, it lets every
 * call through; open, none until `untilAtMs`; half-open, it waits for the outcome of one call.
 */
export interface Breaker {
  readonly state: BreakerState;
  /** The outcomes of the latest calls while closed, oldest first; true for an answer in time. */
  readonly recent: readonly boolean[];
  /** How often it has opened since it last stayed closed for a whole window of calls. */
  readonly openings: number;
  /** When an open breaker lets a call through. In the clock's milliseconds. */
  readonly untilAtMs: number;
}

export type BreakerState = 'closed' | 'half-open' | 'open';

/** Calls that are remembered. */
const windowCalls = 20;
/** It opens at this many failures, if they are also half of the remembered calls. */
const mostFailures = 5;
/** How long it stays open: at first, and at most. The time doubles at each opening. */
const firstPauseMs = 1000;
const longestPauseMs = 30_000;

export const closedBreaker: Breaker = { state: 'closed', recent: [], openings: 0, untilAtMs: 0 };

/** Whether a call may be made now. */
export function mayCall({ state, untilAtMs }: Breaker, nowMs: number): boolean {
  return state === 'closed' || (state === 'open' && nowMs >= untilAtMs);
}

/** The breaker after a call that `mayCall` allowed has begun. */
export function beginCall(breaker: Breaker): Breaker {
  return breaker.state === 'open' ? { ...breaker, state: 'half-open' } : breaker;
}

/** The breaker after a call has ended. */
export function endCall(breaker: Breaker, isGood: boolean, nowMs: number): Breaker {
  switch (breaker.state) {
    // The outcome of a call that began before it opened.
    case 'open':
      return breaker;
    case 'half-open':
      return isGood ? { ...closedBreaker, openings: breaker.openings } : open(breaker, nowMs);
    case 'closed':
      return remember(breaker, isGood, nowMs);
  }
}

function remember(breaker: Breaker, isGood: boolean, nowMs: number): Breaker {
  const recent = [...breaker.recent, isGood].slice(-windowCalls);
  const failures = recent.filter((each) => !each).length;
  if (failures >= mostFailures && failures >= recent.length / 2) {
    return open(breaker, nowMs);
  }
  return { ...breaker, recent, openings: recent.length === windowCalls ? 0 : breaker.openings };
}

function open({ openings }: Breaker, nowMs: number): Breaker {
  const pauseMs = Math.min(firstPauseMs * 2 ** openings, longestPauseMs);
  return { state: 'open', recent: [], openings: openings + 1, untilAtMs: nowMs + pauseMs };
}
