/** The time, passed as an argument so that tests can control it. */
export interface Clock {
  /** Unix milliseconds, with fractions. Never decreases. */
  nowMs(): number;
  /**
   * Calls back once, at the given moment or soon after. Returns a function that cancels the call.
   */
  at(dueAtMs: number, callback: () => void): () => void;
}

/** setTimeout keeps its delay in 32 bits and fires at once when it is longer. */
const maxDelayMs = 2 ** 31 - 1;

/** Monotonic: when the wall clock is set after the start, deadlines do not move. */
export const systemClock: Clock = {
  nowMs: () => performance.timeOrigin + performance.now(),
  at(dueAtMs, callback) {
    const delayMs = Math.max(0, dueAtMs - systemClock.nowMs());
    const timer = setTimeout(callback, Math.min(delayMs, maxDelayMs));
    return () => clearTimeout(timer);
  },
};
