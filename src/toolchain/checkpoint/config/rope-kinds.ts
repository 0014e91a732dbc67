import { clamp } from '../../../base/clamp.ts';
import type { RopeScaling } from '../../../model/rope-scaling.ts';

/** What a scaling starts from. */
export interface RopeBase {
  readonly theta: number;
  readonly headDim: number;
}

/** Every position divided by `factor` (arXiv 2306.15595). */
export function linearScaling({ headDim }: RopeBase, factor: number): RopeScaling {
  return { divisors: Array.from({ length: headDim / 2 }, () => factor), attentionFactor: 1 };
}

export interface Llama3Options {
  readonly factor: number;
  readonly lowFrequency: number;
  readonly highFrequency: number;
  /** Positions the model knew at first. */
  readonly originalTokens: number;
}

/** Llama 3.1's: waves longer than the first context are divided, short ones kept, those between blended. */
export function llama3Scaling(base: RopeBase, options: Llama3Options): RopeScaling {
  const { factor, lowFrequency, highFrequency, originalTokens } = options;
  const divisors = frequencies(base).map((frequency) => {
    /** Turns within the first context. */
    const turns = (originalTokens * frequency) / (2 * Math.PI);
    if (turns < lowFrequency) {
      return factor;
    }
    const kept = (turns - lowFrequency) / (highFrequency - lowFrequency);
    return turns > highFrequency ? 1 : blend(kept, factor);
  });
  return { divisors, attentionFactor: 1 };
}

export interface YarnOptions {
  readonly factor: number;
  readonly originalTokens: number;
  /** Turns within the first context from which a frequency is kept. */
  readonly betaFast: number;
  /** Turns up to which it is divided whole. */
  readonly betaSlow: number;
  /** Ends of the blend at whole frequencies. */
  readonly isTruncated: boolean;
  readonly attentionFactor: number;
}

/** YaRN (arXiv 2309.00071): as Llama 3.1's, but blended by a frequency's place, and with attention made sharper. */
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

/** YaRN's own attention factor; `weight` is 1, or what some configs call mscale. */
export function yarnAttention(factor: number, weight = 1): number {
  return factor <= 1 ? 1 : 0.1 * weight * Math.log(factor) + 1;
}

/** Undefined where nothing is scaled. */
export function orNone(scaling: RopeScaling): RopeScaling | undefined {
  const isNone = scaling.attentionFactor === 1 && scaling.divisors.every((each) => each === 1);
  return isNone ? undefined : scaling;
}

function frequencies({ theta, headDim }: RopeBase): number[] {
  return Array.from({ length: headDim / 2 }, (_, place) => theta ** ((-2 * place) / headDim));
}

/** The divisor of a frequency of which the share `kept` stays and the rest is divided by `factor`. */
function blend(kept: number, factor: number): number {
  return 1 / ((1 - kept) / factor + kept);
}
