import type { Blueprint } from '../../model/manifest.ts';

export interface RotaryTables {
  readonly cos: Float32Array;
  readonly sin: Float32Array;
  /** Of both. */
  readonly dims: readonly [rowTokens: number, half: number];
}

type Rotary = Pick<Blueprint, 'rowTokens' | 'headDim' | 'ropeTheta' | 'ropeScaling'>;

/** cos and sin of position x frequency, [rowTokens, headDim / 2]. Angles in double: late positions lose digits in fp32. */
export function rotaryTables({ rowTokens, headDim, ropeTheta, ropeScaling }: Rotary): RotaryTables {
  const half = headDim / 2;
  const angle = (position: number, place: number) =>
    (position * ropeTheta ** (-place / half)) / (ropeScaling?.divisors[place] ?? 1);
  const table = (wave: (angle: number) => number) =>
    Float32Array.from(
      { length: rowTokens * half },
      (_, i) => wave(angle(Math.floor(i / half), i % half)) * (ropeScaling?.attentionFactor ?? 1),
    );
  return { cos: table(Math.cos), sin: table(Math.sin), dims: [rowTokens, half] };
}
