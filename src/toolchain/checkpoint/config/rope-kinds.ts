import { clamp } from '../../../base/clamp.ts';
import type { RopeScaling } from '../../../model/blueprint.ts';

/** The rotary base that a scaling changes. */
export interface RopeBase {
  readonly theta: number;
  readonly headDim: number;
}

/** Linear scaling: every position is divided by `factor` (arXiv 2306.15595). */
export function linearScaling({ headDim }: RopeBase, factor: number): RopeScaling {
  return { divisors: Array.from({ length: headDim / 2 }, () => factor), attentionFactor: 1 };
}

interface Llama3Options {
  readonly factor: number;
  readonly lowFrequency: number;
  readonly highFrequency: number;
  /** The context length before the scaling. */
  readonly originalTokens: number;
}

/**
 * Llama 3.1: waves longer than the original context are divided by the factor, short ones are kept,
 * and those between are blended.
 */
export function llama3Scaling(base: RopeBase, options: Llama3Options): RopeScaling {
  const { factor, lowFrequency, highFrequency, originalTokens } = options;
  const divisors = frequencies(base).map((frequency) => {
    /** Turns within the original context. */
    const turns = (originalTokens * frequency) / (2 * Math.PI);
    if (turns < lowFrequency) {
      return factor;
    }
    const kept = (turns - lowFrequency) / (highFrequency - lowFrequency);
    return turns > highFrequency ? 1 : blend(kept, factor);
  });
  return { divisors, attentionFactor: 1 };
}

interface YarnOptions {
  readonly factor: number;
  readonly originalTokens: number;
  /** Frequencies with at least this many turns within the original context are kept. */
  readonly betaFast: number;
  /** Frequencies with at most this many turns are divided by the whole factor. */
  readonly betaSlow: number;
  /** Whether the ends of the blend are rounded to whole frequencies. */
  readonly isTruncated: boolean;
  readonly attentionFactor: number;
}

/**
 * YaRN (arXiv 2309.00071): like Llama 3.1, but blended by the index of the frequency, and with
 * sharper attention.
 */
export function yarnScaling(base: RopeBase, options: YarnOptions): RopeScaling {
  const { factor, originalTokens, betaFast, betaSlow, isTruncated, attentionFactor } = options;
  const placeOf = (turns: number) =>
    (base.headDim * Math.log(originalTokens / (turns * 2 * Math.PI))) / (2 * Math.log(base.theta));
  const [first, last] = [placeOf(betaFast), placeOf(betaSlow)];
  const low = Math.max(isTruncated ? Math.floor(first) : first, 0);
  const high = Math.min(isTruncated ? Math.ceil(last) : last, base.headDim - 1);
  const width = high === low ? 0.001 : high - low;
  const divisors = frequencies(base).map((_, place) => {
    const divided = clamp((place - low) / width, 0, 1);
    return blend(1 - divided, factor);
  });
  return { divisors, attentionFactor };
}

/** YaRN's attention factor; `weight` is 1, or what some configs call mscale. */
export function yarnAttention(factor: number, weight = 1): number {
  return factor <= 1 ? 1 : 0.1 * weight * Math.log(factor) + 1;
}

/** Returns undefined when the scaling changes nothing. */
export function orNone(scaling: RopeScaling): RopeScaling | undefined {
  const isNone = scaling.attentionFactor === 1 && scaling.divisors.every((each) => each === 1);
  return isNone ? undefined : scaling;
}

function frequencies({ theta, headDim }: RopeBase): number[] {
  return Array.from({ length: headDim / 2 }, (_, place) => theta ** ((-2 * place) / headDim));
}

/** The divisor of a frequency: the share `kept` stays and the rest is divided by `factor`. */
function blend(kept: number, factor: number): number {
  return 1 / ((1 - kept) / factor + kept);
}
