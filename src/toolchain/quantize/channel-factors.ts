import type { Blueprint } from '../../model/manifest.ts';

/** Matrices [out, in] that read the same input, and the input's largest magnitudes. */
export interface Channels {
  /** [in] */
  readonly maxima: Float32Array;
  readonly weights: readonly Float32Array[];
}

/** How much of the range goes from activations to weights; 0.5 is the paper's, and activations round worse here. */
export const migrations = [0.4, 0.5, 0.6, 0.7, 0.8, 0.9] as const;

/**
 * max|x|^a / max|w|^(1-a) for each channel (SmoothQuant, arXiv 2211.10438, equation 4), with a geometric mean of 1. What
 * never fires and what nothing reads is left alone.
 */
export function smoothingFactors({ maxima, weights }: Channels, migration: number): Float32Array {
  const columns = maxima.length;
  const largest = new Float32Array(columns);
  for (const values of weights) {
    for (let i = 0; i < values.length; i++) {
      largest[i % columns] = Math.max(largest[i % columns] ?? 0, Math.abs(values[i] ?? 0));
    }
  }
  return centred(
    maxima.map((activation, channel) => {
      const weight = largest[channel] ?? 0;
      return activation > 0 && weight > 0
        ? activation ** migration / weight ** (1 - migration)
        : NaN;
    }),
  );
}

/** Query heads of a key head read the same v: their factors must be one, and are their geometric mean. */
export function shareByKeyHead(factors: Float32Array, blueprint: Blueprint): Float32Array {
  const { heads, kvHeads, headDim } = blueprint;
  const group = heads / kvHeads;
  return factors.map((_, at) => {
    const first = Math.floor(at / (group * headDim)) * group;
    let logs = 0;
    for (let head = first; head < first + group; head++) {
      logs += Math.log(factors[head * headDim + (at % headDim)] ?? NaN);
    }
    return Math.exp(logs / group);
  });
}

/** To a geometric mean of 1; NaN, for channels of no account, becomes 1. */
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
