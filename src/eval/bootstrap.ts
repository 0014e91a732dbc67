import { mean } from './metrics.ts';

export interface Interval {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/** Draws of the queries, and the generator's seed, unless told otherwise. */
export const bootstrapDefaults = { resamples: 2_000, seed: 1 } as const;

/**
 * The mean with its 95 % percentile bootstrap interval over queries (Efron 1979; Sakai 2006 for retrieval). The
 * generator is seeded: equal values give equal intervals. `values` must not be empty.
 */
export function bootstrapMean(
  values: readonly number[],
  seed: number = bootstrapDefaults.seed,
): Interval {
  const random = createRandom(seed);
  const means = Float64Array.from({ length: bootstrapDefaults.resamples }, () => {
    let sum = 0;
    for (let draw = 0; draw < values.length; draw += 1) {
      sum += values[Math.floor(random() * values.length)] ?? 0;
    }
    return sum / values.length;
  }).sort();
  return { mean: mean(values), low: quantile(means, 0.025), high: quantile(means, 0.975) };
}

function quantile(sorted: Float64Array, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

/** mulberry32 (Tommy Ettinger, public domain): 32 bits of state, uniform in [0, 1). */
function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
