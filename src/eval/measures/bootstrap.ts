import { createRandom } from '../../base/random.ts';
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
  const bounds = resample(values.length, seed, (places) => sumAt(values, places) / values.length);
  return { mean: mean(values), low: bounds.low, high: bounds.high };
}

/** One query's quality in an order, and in the order that it is compared with. */
export interface QualityPair {
  readonly found: number;
  readonly reference: number;
}

/**
 * The relative change of the mean quality, below 0 where it fell, with its 95 % percentile
 * bootstrap interval: each draw takes a query's two values together. `pairs` must not be empty.
 */
export function bootstrapChange(
  pairs: readonly QualityPair[],
  seed: number = bootstrapDefaults.seed,
): Interval {
  const found = pairs.map((pair) => pair.found);
  const reference = pairs.map((pair) => pair.reference);
  const bounds = resample(pairs.length, seed, (places) =>
    relativeChange(sumAt(found, places), sumAt(reference, places)),
  );
  return {
    mean: relativeChange(mean(found), mean(reference)),
    low: bounds.low,
    high: bounds.high,
  };
}

/** Where the reference found nothing, nothing can be lost: no change. */
function relativeChange(found: number, reference: number): number {
  return reference === 0 ? 0 : (found - reference) / reference;
}

/**
 * The bounds between which 95 % of the statistic's values lie. `places` is used again for each
 * draw.
 */
function resample(
  count: number,
  seed: number,
  statistic: (places: Int32Array) => number,
): { readonly low: number; readonly high: number } {
  const random = createRandom(seed);
  const places = new Int32Array(count);
  const values = Float64Array.from({ length: bootstrapDefaults.resamples }, () => {
    for (let draw = 0; draw < count; draw += 1) {
      places[draw] = Math.floor(random() * count);
    }
    return statistic(places);
  }).sort();
  return { low: quantile(values, 0.025), high: quantile(values, 0.975) };
}

function sumAt(values: readonly number[], places: Int32Array): number {
  let sum = 0;
  for (const place of places) {
    sum += values[place] ?? Number.NaN;
  }
  return sum;
}

function quantile(sorted: Float64Array, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}
