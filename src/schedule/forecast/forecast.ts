/** Predicts when a request would end if it arrived now. */

import type { Call } from '../../domain/call.ts';
import { batchedMs, type Capacity, finishTimeAfterQueue } from '../policy/capacity.ts';

/** How much of a request has to be computed. */
export interface Size {
  readonly candidates: number;
  readonly packedTokens: number;
  /** How many of the packed tokens are the prefix, if known. */
  readonly prefixTokens?: number | undefined;
}

export interface Forecast {
  /** Until its first candidate runs. */
  readonly queueMs: number;
  readonly runMs: number;
  /** Whether it would meet its deadline: all of it, or with `partialOk` any of it. */
  readonly inTime: boolean;
}

/** What a forecast knows of the server. */
export interface ForecastView {
  readonly nowMs: number;
  /** Tokens that wait and would run first. Later arrivals are not considered. */
  readonly aheadTokens: number;
  /** Milliseconds until each replica has finished its batches, ascending. */
  readonly busyMs: readonly number[];
  readonly capacity: Capacity;
  readonly tokenBudget: number;
  readonly shareTokens: number;
  /** Added where the request has to wait: how much later such requests end than forecast. */
  readonly marginMs: number;
}

export function forecast(
  { candidates, packedTokens }: Size,
  call: Call,
  view: ForecastView,
): Forecast {
  const { nowMs, aheadTokens, busyMs, capacity, tokenBudget, shareTokens, marginMs } = view;
  const finishMs = (tokens: number) =>
    finishTimeAfterQueue(busyMs, batchedMs(capacity, tokens, tokenBudget));
  const queueMs = aheadTokens > 0 ? finishMs(aheadTokens) : finishTimeAfterQueue(busyMs, 0);
  const shares = Math.min(busyMs.length, Math.floor(packedTokens / shareTokens));
  const ownTokens = packedTokens / Math.max(1, shares);
  // With a queue, batches are filled up with other requests and take as long as fuller ones.
  const batchTokens = aheadTokens > 0 ? Math.max(ownTokens, tokenBudget / 2) : ownTokens;
  const batchMs = capacity.fastestMs({ packedTokens: Math.min(batchTokens, tokenBudget) });
  const endMs = Math.max(queueMs + batchMs, finishMs(aheadTokens + packedTokens));
  const neededMs = call.partialOk
    ? queueMs + capacity.fastestMs({ packedTokens: packedTokens / Math.max(1, candidates) })
    : endMs + (queueMs > 0 ? marginMs : 0);
  return { queueMs, runMs: endMs - queueMs, inTime: nowMs + neededMs <= call.deadlineAtMs };
}

/** Weight of the latest error in the moving averages: they cover about twenty errors. */
const forecastErrorEmaWeight = 0.05;
/** The part of its weight that the prior loses, at most once per batch time, by refusing alone. */
const priorDecay = 0.2;

/**
 * Learns how much later requests end than forecast, as TCP learns round-trip times (RFC 6298): the
 * mean error plus twice its mean deviation.
 *
 * Until enough is learnt, a prior of one batch time stands in, because requests wait for batches.
 * Without it the first spike in a server's life would be admitted as if forecasts were exact, and
 * the requests that end late would have delayed others for nothing.
 */
export class ForecastError {
  #meanMs = 0;
  #deviationMs = 0;
  #priorWeight = 1;
  #decayedAtMs = Number.NEGATIVE_INFINITY;
  /** Waiting requests whose errors are still to be learnt. */
  #waiting = 0;

  /** Without the prior. */
  get learntMs(): number {
    return Math.max(0, this.#meanMs + 2 * this.#deviationMs);
  }

  /** Including the prior. */
  marginMs(batchMs: number): number {
    return this.learntMs + this.#priorWeight * batchMs;
  }

  /**
   * Call this when a request is refused only because of the prior. If no request waits, the prior
   * decays: it might otherwise refuse every request that would wait, and nothing would be learnt.
   */
  decayPrior(batchMs: number, nowMs: number): void {
    if (this.#waiting === 0 && nowMs >= this.#decayedAtMs + batchMs) {
      this.#decayedAtMs = nowMs;
      this.#priorWeight *= 1 - priorDecay;
    }
  }

  /**
   * Registers a request that waits.
   *
   * @returns a function to call once it has ended, with how late it was, or undefined if its end
   * says nothing about the forecast.
   */
  expect(): (lateMs: number | undefined) => void {
    this.#waiting += 1;
    return (lateMs) => {
      this.#waiting -= 1;
      if (lateMs !== undefined) {
        this.learn(lateMs);
      }
    };
  }

  /** `lateMs` is negative if the request ended earlier than forecast. */
  learn(lateMs: number): void {
    this.#priorWeight *= 1 - forecastErrorEmaWeight;
    const deviationMs = Math.abs(lateMs - this.#meanMs);
    this.#deviationMs += forecastErrorEmaWeight * (deviationMs - this.#deviationMs);
    this.#meanMs += forecastErrorEmaWeight * (lateMs - this.#meanMs);
  }
}
