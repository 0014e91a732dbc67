/** Values of 'replica' and 'bucket' are known when the server starts, values of 'open' are not. */
export type LabelValues = readonly string[] | 'replica' | 'bucket' | 'open';

export interface MetricSpec {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels: Readonly<Record<string, LabelValues>>;
  /** Upper bounds, ascending. */
  readonly buckets?: readonly number[];
}

/* Upper bounds of buckets, ascending. */

/** Dense around 0.5 s, the latency that the alerts watch. */
export const callSeconds = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5, 5, 10, 30,
];
export const batchSeconds = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];
export const valkeySeconds = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2];
export const pauseSeconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1];
export const lagSeconds = [0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5];
/** Of differences between probabilities. */
export const shares = [0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 1];
/** Of NDCG, dense near 1. */
export const qualities = [0.5, 0.7, 0.8, 0.85, 0.9, 0.925, 0.95, 0.975, 0.99, 1];
export const counts = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000];
export const ratios = [0.25, 0.5, 0.667, 0.8, 0.9, 1, 1.1, 1.25, 1.5, 2, 4];

export function counter<L extends MetricSpec['labels']>(help: string, labels: L) {
  return { type: 'counter', help, labels } as const;
}

export function gauge<L extends MetricSpec['labels']>(help: string, labels: L) {
  return { type: 'gauge', help, labels } as const;
}

export function histogram<L extends MetricSpec['labels']>(
  help: string,
  labels: L,
  buckets: readonly number[],
) {
  return { type: 'histogram', help, labels, buckets } as const;
}
