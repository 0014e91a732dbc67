/** Does a quantity keep growing? Pure arithmetic over samples. */

export interface Sample {
  readonly minute: number;
  readonly value: number;
}

export interface Trend {
  /** Least squares, per minute. */
  readonly slope: number;
  readonly firstQuarter: number;
  readonly lastQuarter: number;
  readonly most: number;
}

/** Of the samples after the warm-up: the first fifth of the time, in which pools, caches and the heap fill. */
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
    firstQuarter: mean(values.slice(0, quarter)),
    lastQuarter: mean(values.slice(-quarter)),
    most: Math.max(...values),
  };
}

/**
 * The last quarter lies at most a tenth, or `slack`, above the first. Not by the slope alone: over a short run the
 * saw teeth of garbage collection have one.
 */
export function isPlateau({ firstQuarter, lastQuarter }: Trend, slack: number): boolean {
  return lastQuarter - firstQuarter <= Math.max(slack, firstQuarter / 10);
}
