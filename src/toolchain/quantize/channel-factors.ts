import { at } from '../../base/at.ts';
import type { Blueprint } from '../../model/manifest.ts';

/** An input's largest magnitudes by channel, and the matrices [out, in] that read it. */
export interface Channels {
  /** [in] */
  readonly maxima: Float32Array;
  readonly weights: readonly Float32Array[];
}

/**
 * Exponents that are tried: how much of the range moves from activations to weights. The paper uses
 * 0.5; here activations lose more by rounding, so larger ones are tried too.
 */
export const migrations = [0.4, 0.5, 0.6, 0.7, 0.8, 0.9] as const;

/**
 * max|x|^a / max|w|^(1-a) for each channel (SmoothQuant, arXiv 2211.10438, equation 4), scaled to a
 * geometric mean of 1. Channels that are always 0, or have only weights of 0, get the factor 1.
 */
export function smoothingFactors({ maxima, weights }: Channels, migration: number): Float32Array {
  const columns = maxima.length;
  const largest = new Float32Array(columns);
  for (const values of weights) {
    for (let i = 0; i < values.length; i++) {
      const column = i % columns;
      largest[column] = Math.max(at(largest, column), Math.abs(at(values, i)));
    }
  }
  return centred(
    maxima.map((activation, channel) => {
      const weight = at(largest, channel);
      return activation > 0 && weight > 0
        ? activation ** migration / weight ** (1 - migration)
        : NaN;
    }),
  );
}

/**
 * The query heads of a key head read the same v, so they share one factor: the geometric mean of
 * their factors.
 */
export function shareByKeyHead(factors: Float32Array, blueprint: Blueprint): Float32Array {
  const { heads, kvHeads, headDim } = blueprint;
  const group = heads / kvHeads;
  return factors.map((_, channel) => {
    const first = Math.floor(channel / (group * headDim)) * group;
    let logs = 0;
    for (let head = first; head < first + group; head++) {
      logs += Math.log(at(factors, head * headDim + (channel % headDim)));
    }
    return Math.exp(logs / group);
  });
}

/** Scales to a geometric mean of 1. NaN marks channels without a factor and becomes 1. */
function centred(factors: Float32Array): Float32Array {
  let [logs, count] = [0, 0];
  for (const factor of factors) {
    if (!Number.isNaN(factor)) {
      logs += Math.log(factor);
      count++;
    }
  }
  const mean = Math.exp(logs / Math.max(count, 1));
  return factors.map((factor) => (Number.isNaN(factor) ? 1 : factor / mean));
}
