import { clamp } from '../../../src/base/clamp.ts';

/** Lengths of one request, in tokens of the caller's texts. */
export interface Shape {
  readonly queryTokens: number;
  readonly candidateTokens: readonly number[];
}

export interface LengthMix {
  /** Candidates of a request: as many, or between two bounds evenly over their logarithm. */
  readonly candidates: number | readonly [least: number, most: number];
  /** Median tokens of a candidate; lengths are log-normal about it. */
  readonly medianTokens: number;
  /** Standard deviation of the logarithm: 0.35 is a narrow spread, 1 a long tail. */
  readonly spread: number;
  readonly mostTokens: number;
}

const queryTokens: readonly [number, number] = [4, 16];

export function drawShape(mix: LengthMix, random: () => number): Shape {
  const { candidates, medianTokens, spread, mostTokens } = mix;
  const count =
    typeof candidates === 'number' ? candidates : Math.round(logUniform(candidates, random));
  return {
    queryTokens: Math.round(logUniform(queryTokens, random)),
    candidateTokens: Array.from({ length: count }, () => {
      const drawn = Math.round(medianTokens * Math.exp(spread * drawNormal(random)));
      return clamp(drawn, 1, mostTokens);
    }),
  };
}

function logUniform([least, most]: readonly [number, number], random: () => number): number {
  return least * (most / least) ** random();
}

/** Mean 0, deviation 1 (Box and Muller). */
function drawNormal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
