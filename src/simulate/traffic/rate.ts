/** How the rate of requests changes with time, as multiples of its mean. */

import { at } from '../../base/at.ts';
import { drawExponential, type Random } from './draw.ts';

export interface RateCurve {
  at(atMs: number): number;
  /** The highest value. */
  readonly most: number;
}

export const steady: RateCurve = { at: () => 1, most: 1 };

export function multiply(one: RateCurve, other: RateCurve): RateCurve {
  return { at: (atMs) => one.at(atMs) * other.at(atMs), most: one.most * other.most };
}

/** Amplitude and the hour of the peak, for one and for two periods a day. */
const day = { once: [0.45, 15.5], twice: [0.1, 10.5] } as const;

/**
 * One day, compressed into `lengthMs`: the least at 4 o'clock (0.46), the most at 14 o'clock
 * (1.39), and a slow fall in the evening. Invented, not measured.
 */
export function dayCurve(lengthMs: number): RateCurve {
  const rate = (hour: number) =>
    1 + wave(hour, 24, day.once[0], day.once[1]) + wave(hour, 12, day.twice[0], day.twice[1]);
  const minutes = Array.from({ length: 24 * 60 }, (_, minute) => rate(minute / 60));
  return { at: (atMs) => rate((24 * atMs) / lengthMs), most: Math.max(...minutes) };
}

function wave(hour: number, period: number, amplitude: number, peak: number): number {
  return amplitude * Math.cos((2 * Math.PI * (hour - peak)) / period);
}

/** The share of the time in bursts, and the mean length of one. */
const burst = { share: 0.2, meanMs: 500 };

/**
 * Bursts of random length (exponential, half a second on average) that fill a fifth of the time, in
 * which the rate is `factor` times as high as between them: a Markov-modulated Poisson process of
 * two states.
 */
export function burstCurve(random: Random, lengthMs: number, factor: number): RateCurve {
  const calm = 1 / (1 - burst.share + burst.share * factor);
  /** The moments at which a burst begins (even places) or ends. */
  const turns: number[] = [];
  for (let atMs = 0; atMs < lengthMs; ) {
    const isCalm = turns.length % 2 === 0;
    const meanMs = isCalm ? (burst.meanMs * (1 - burst.share)) / burst.share : burst.meanMs;
    atMs += drawExponential(random, meanMs);
    turns.push(atMs);
  }
  return {
    at: (atMs) => (countUntil(turns, atMs) % 2 === 0 ? calm : calm * factor),
    most: Math.max(calm, calm * factor),
  };
}

/** How many of the ascending moments are not after this one. */
function countUntil(moments: readonly number[], atMs: number): number {
  let low = 0;
  let high = moments.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (at(moments, middle) <= atMs) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}
