import { at } from '../../base/at.ts';
import type { Blueprint } from '../../model/manifest.ts';

interface RotaryTables {
  readonly cos: Float32Array;
  readonly sin: Float32Array;
  /** The shape of both tables. */
  readonly dims: readonly [rowTokens: number, half: number];
}

type Rotary = Pick<Blueprint, 'rowTokens' | 'headDim' | 'ropeTheta' | 'ropeScaling'>;

/**
 * cos and sin of position x frequency, [rowTokens, headDim / 2]. Angles are doubles because fp32
 * loses digits at late positions.
 */
export function rotaryTables({ rowTokens, headDim, ropeTheta, ropeScaling }: Rotary): RotaryTables {
  const half = headDim / 2;
  const divisor = (place: number) =>
    ropeScaling === undefined ? 1 : at(ropeScaling.divisors, place);
  const angle = (position: number, place: number) =>
    (position * ropeTheta ** (-place / half)) / divisor(place);
  const attentionFactor = ropeScaling?.attentionFactor ?? 1;
  const table = (wave: (angle: number) => number) =>
    Float32Array.from(
      { length: rowTokens * half },
      (_, i) => wave(angle(Math.floor(i / half), i % half)) * attentionFactor,
    );
  return { cos: table(Math.cos), sin: table(Math.sin), dims: [rowTokens, half] };
}
