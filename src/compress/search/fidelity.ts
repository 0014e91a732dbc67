import { at } from '../../base/at.ts';

/** Keeps logarithms finite where the ranker is sure. */
const leastP = 1e-6;

function probabilityOf(margin: number): number {
  return Math.min(1 - leastP, Math.max(leastP, 1 / (1 + Math.exp(-margin))));
}

/**
 * Mean KL(p(yes | shorter) || p(yes | original)) over probes, from margins logit(yes) - logit(no).
 * [probes] each.
 */
export function divergence(shorter: Float64Array, original: Float64Array): number {
  return mean(shorter, (margin, i) => {
    const [p, q] = [probabilityOf(margin), probabilityOf(at(original, i))];
    return p * Math.log(p / q) + (1 - p) * Math.log((1 - p) / (1 - q));
  });
}

/** Mean absolute difference of p(yes) over probes. */
export function probabilityShift(shorter: Float64Array, original: Float64Array): number {
  return mean(shorter, (margin, i) =>
    Math.abs(probabilityOf(margin) - probabilityOf(at(original, i))),
  );
}

/** The weight of length in the shipped reward. */
export const defaultLengthWeight = 0.4;

/** A text's length in tokens, and the original's. */
export interface Lengths {
  readonly tokens: number;
  readonly rawTokens: number;
}

/**
 * -KL - w (tokens / original tokens)^2: agreement with the ranker's own answers less a penalty of
 * length (LinkedIn, arXiv 2510.22101, where it trains a model that writes summaries).
 */
export function rewardOf(kl: number, { tokens, rawTokens }: Lengths, weight: number): number {
  return -kl - weight * (tokens / Math.max(1, rawTokens)) ** 2;
}

function mean(values: Float64Array, of: (value: number, index: number) => number): number {
  return values.reduce((sum, value, i) => sum + of(value, i), 0) / Math.max(1, values.length);
}
