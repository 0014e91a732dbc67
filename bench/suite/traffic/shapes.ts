import { clamp } from '../../../src/base/clamp.ts';

/** Lengths of a request's texts, in tokens without those of the template. */
export interface Shape {
  readonly queryTokens: number;
  readonly candidateTokens: readonly number[];
}

export interface LengthMix {
  /** Candidates of a request: a fixed number, or bounds between which it is log-uniform. */
  readonly candidates: number | readonly [least: number, most: number];
  /** Median tokens of a candidate; lengths are log-normal around it. */
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

/** A normal deviate of mean 0 and deviation 1 (Box and Muller 1958). */
function drawNormal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
