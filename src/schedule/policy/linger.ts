/** Weight of the latest gap in the moving average: it covers about ten gaps. */
const arrivalGapEmaWeight = 0.2;

/** Measures how often requests arrive. */
export class ArrivalPace {
  #meanGapMs = Number.POSITIVE_INFINITY;
  #lastAtMs = Number.NEGATIVE_INFINITY;

  arrive(nowMs: number): void {
    const gapMs = nowMs - this.#lastAtMs;
    this.#lastAtMs = nowMs;
    // The first finite gap starts the average.
    this.#meanGapMs = Number.isFinite(this.#meanGapMs)
      ? this.#meanGapMs + arrivalGapEmaWeight * (gapMs - this.#meanGapMs)
      : gapMs;
  }

  /** Infinity before the first arrival. */
  sinceMs(nowMs: number): number {
    return nowMs - this.#lastAtMs;
  }

  /** Mean time between recent arrivals; Infinity before the second. */
  get meanGapMs(): number {
    return this.#meanGapMs;
  }

  /** Mean time between recent arrivals, or the time since the last one if that is longer. */
  gapMs(nowMs: number): number {
    return Math.max(this.#meanGapMs, nowMs - this.#lastAtMs);
  }
}

/**
 * How long a batch waits to be filled further: not at all if no arrival is expected within
 * `lingerMs`, and longer the more are expected. A full batch never waits.
 */
export function adaptLinger(lingerMs: number, arrivalGapMs: number): number {
  return arrivalGapMs >= lingerMs ? 0 : lingerMs * (1 - arrivalGapMs / lingerMs);
}
