/** One value of a sampled quantity. */
export interface Sample {
  readonly minute: number;
  readonly value: number;
}

export interface Trend {
  /** Per minute, by least squares. */
  readonly slope: number;
  /** Means over the four quarters of the samples, in order of time. */
  readonly quarters: readonly [first: number, second: number, third: number, fourth: number];
  readonly most: number;
}

/** Drops the first fifth of the time, in which pools, caches and the heap fill up. */
export function afterWarmUp(samples: readonly Sample[]): readonly Sample[] {
  const end = samples.at(-1)?.minute ?? 0;
  return samples.filter(({ minute }) => minute >= end / 5);
}

/** Undefined for fewer than eight samples. */
export function findTrend(samples: readonly Sample[]): Trend | undefined {
  if (samples.length < 8) {
    return undefined;
  }
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  const quarter = Math.floor(samples.length / 4);
  const values = samples.map(({ value }) => value);
  const middle = mean(samples.map(({ minute }) => minute));
  const level = mean(values);
  const spread = samples.reduce((sum, { minute }) => sum + (minute - middle) ** 2, 0);
  const shared = samples.reduce(
    (sum, { minute, value }) => sum + (minute - middle) * (value - level),
    0,
  );
  return {
    slope: spread === 0 ? 0 : shared / spread,
    quarters: [
      mean(values.slice(0, quarter)),
      mean(values.slice(quarter, 2 * quarter)),
      mean(values.slice(-2 * quarter, -quarter)),
      mean(values.slice(-quarter)),
    ],
    most: Math.max(...values),
  };
}

/**
 * Whether the last quarter is at most a tenth, or at most `slack`, above the first. The slope alone
 * would be misleading: over a short run, the sawtooth of garbage collection has a slope too.
 */
export function isPlateau({ quarters: [first, , , last] }: Trend, slack: number): boolean {
  return last - first <= Math.max(slack, first / 10);
}
