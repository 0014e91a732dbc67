import { at } from '../../base/at.ts';
import { createRandom } from '../../base/random.ts';
import { mean } from './metrics.ts';

export interface Interval {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/** How often queries are drawn, and the default seed of the random generator. */
export const bootstrapDefaults = { resamples: 2_000, seed: 1 } as const;

/**
 * The mean with its 95 % percentile bootstrap interval over queries (Efron 1979; Sakai 2006 for
 * retrieval). Deterministic: equal values and seeds give equal intervals. `values` must not be
 * empty.
 */
export function bootstrapMean(
  values: readonly number[],
  seed: number = bootstrapDefaults.seed,
): Interval {
  const bounds = resample(values.length, seed, (places) => sumAt(values, places) / values.length);
  return { mean: mean(values), low: bounds.low, high: bounds.high };
}

/** The quality of two orders of one query's candidates. */
export interface QualityPair {
  readonly found: number;
  readonly reference: number;
}

/**
 * The relative change of the mean quality from reference to found, negative for a loss, with its 95
 * % percentile bootstrap interval. Each draw takes both values of a query. `pairs` must not be
 * empty.
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

/** 0 for a reference of 0, which cannot get worse. */
function relativeChange(found: number, reference: number): number {
  return reference === 0 ? 0 : (found - reference) / reference;
}

/**
 * The bounds of the middle 95 % of the statistic's values. All draws reuse one array of indices.
 */
function resample(
  count: number,
  seed: number,
  statistic: (places: Int32Array) => number,
): { readonly low: number; readonly high: number } {
  const random = createRandom(seed);
  const places = new Int32Array(count);
  const values = Float64Array.from({ length: bootstrapDefaults.resamples }, () => {
    for (let index = 0; index < count; index += 1) {
      places[index] = Math.floor(random() * count);
    }
    return statistic(places);
  }).sort();
  return { low: quantile(values, 0.025), high: quantile(values, 0.975) };
}

function sumAt(values: readonly number[], places: Int32Array): number {
  let sum = 0;
  for (const place of places) {
    sum += at(values, place);
  }
  return sum;
}

function quantile(sorted: Float64Array, share: number): number {
  return at(sorted, Math.min(sorted.length - 1, Math.floor(share * sorted.length)));
}
