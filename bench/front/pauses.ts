/** Observations of a histogram by the upper bounds of its buckets, in seconds. */
export type Histogram = ReadonlyMap<number, number>;

/** The histogram with this name in a Prometheus exposition, over all other labels. */
export function readHistogram(exposition: string, name: string): Histogram {
  const cumulative = new Map<number, number>();
  for (const line of exposition.split('\n')) {
    const [, bound, count] = /^(?:\w+)_bucket\{.*le="([^"]+)".*\} (\d+)/.exec(line) ?? [];
    if (line.startsWith(`${name}_bucket{`) && bound !== undefined) {
      const seconds = bound === '+Inf' ? Number.POSITIVE_INFINITY : Number(bound);
      cumulative.set(seconds, (cumulative.get(seconds) ?? 0) + Number(count));
    }
  }
  let before = 0;
  return new Map(
    [...cumulative]
      .sort(([one], [other]) => one - other)
      .map(([bound, count]) => {
        const own = count - before;
        before = count;
        return [bound, own];
      }),
  );
}

export function observedSince(before: Histogram, after: Histogram): Histogram {
  return new Map([...after].map(([bound, count]) => [bound, count - (before.get(bound) ?? 0)]));
}

/** The upper bound of the highest bucket in use, in milliseconds; 0 when none is. */
export function longestMs(histogram: Histogram): number {
  const used = [...histogram].filter(([, count]) => count > 0).map(([bound]) => bound);
  return 1000 * Math.max(0, ...used);
}
