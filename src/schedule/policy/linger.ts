/** Weight of the newest gap: about the last ten count. */
const newest = 0.2;

/** How often requests arrive. */
export class ArrivalPace {
  #meanMs = Number.POSITIVE_INFINITY;
  #lastMs = Number.NEGATIVE_INFINITY;

  arrive(nowMs: number): void {
    const gapMs = nowMs - this.#lastMs;
    this.#lastMs = nowMs;
    // The first gap that there is stands for all before it.
    this.#meanMs = Number.isFinite(this.#meanMs)
      ? this.#meanMs + newest * (gapMs - this.#meanMs)
      : gapMs;
  }

  /** Mean time between the newest arrivals; a silence that is longer already counts as it is. */
  gapMs(nowMs: number): number {
    return Math.max(this.#meanMs, nowMs - this.#lastMs);
  }
}

/**
 * How long to wait for company: not at all when none is expected within `mostMs`, and the longer the more is expected.
 * Waiting is for batching only; with the queue full nobody waits.
 */
export function adaptLinger(mostMs: number, arrivalGapMs: number): number {
  return arrivalGapMs >= mostMs ? 0 : mostMs * (1 - arrivalGapMs / mostMs);
}
