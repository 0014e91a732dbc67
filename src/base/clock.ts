/** Time as an argument, so that tests can own it. */
export interface Clock {
  /** Unix milliseconds, with fractions. Never goes back. */
  nowMs(): number;
  /** Calls back once at the given moment or soon after. Returns the way to call it off. */
  at(momentMs: number, callback: () => void): () => void;
}

/** setTimeout keeps its delay in 32 bits and fires at once past them. */
const maxDelayMs = 2 ** 31 - 1;

/** Monotonic: a step of the wall clock after the start moves no deadline. */
export const systemClock: Clock = {
  nowMs: () => performance.timeOrigin + performance.now(),
  at(momentMs, callback) {
    const delayMs = Math.max(0, momentMs - systemClock.nowMs());
    const timer = setTimeout(callback, Math.min(delayMs, maxDelayMs));
    return () => clearTimeout(timer);
  },
};
