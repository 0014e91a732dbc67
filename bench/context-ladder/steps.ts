import { at } from '../../src/base/at.ts';
import { median } from '../../src/eval/measures/metrics.ts';

/** The models of the ladder: the dense ranker, and the pruned one in two precisions. */
export const modelNames = ['dense', 'fp32', 'int8'] as const;
export type ModelName = (typeof modelNames)[number];

export interface Step {
  readonly name: string;
  readonly model: ModelName;
  /** A stock export in this process, or a server that gets whole texts, summaries or ids. */
  readonly way: 'stock' | 'text' | 'summary' | 'id';
}

/** Each step changes one thing of the step before. */
export const ladder: readonly Step[] = [
  { name: 'stock export, fp32', model: 'dense', way: 'stock' },
  { name: 'packed', model: 'dense', way: 'text' },
  { name: 'pruned', model: 'fp32', way: 'text' },
  { name: 'int8', model: 'int8', way: 'text' },
  { name: 'compressed', model: 'int8', way: 'summary' },
  { name: 'by id', model: 'int8', way: 'id' },
];

export interface LadderPlan {
  readonly steps: readonly Step[];
  /** Steps whose model is not there, and what was looked for. */
  readonly leftOut: readonly { readonly name: string; readonly missing: string }[];
}

/** @param models the folder of each model, and whether a model is in it. */
export function planLadder(
  models: Readonly<Record<ModelName, { readonly folder: string; readonly isThere: boolean }>>,
): LadderPlan {
  return {
    steps: ladder.filter(({ model }) => models[model].isThere),
    leftOut: ladder.flatMap(({ name, model }) => {
      const { folder, isThere } = models[model];
      return isThere ? [] : [{ name, missing: folder }];
    }),
  };
}

/** Which texts the model reads. Steps with equal keys have equal scores, up to rounding. */
export function qualityKey({ model, way }: Step): string {
  return `${model}, ${way === 'summary' || way === 'id' ? 'summaries' : 'whole texts'}`;
}

export interface StepSpeed {
  /** Of the median round. */
  readonly candidatesPerSecond: number;
  /** Against the first step, and against the step before: the median over rounds, and its range. */
  readonly ofFirst: Spread;
  readonly ofBefore: Spread;
}

export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/** @param seconds of each step, of each round. */
export function describeSpeeds(
  seconds: readonly (readonly number[])[],
  candidates: number,
): readonly StepSpeed[] {
  return seconds.map((own, step) => ({
    candidatesPerSecond: candidates / median(own),
    ofFirst: spreadOf(at(seconds, 0), own),
    ofBefore: spreadOf(at(seconds, Math.max(0, step - 1)), own),
  }));
}

function spreadOf(base: readonly number[], own: readonly number[]): Spread {
  const ratios = own.map((time, round) => at(base, round) / time);
  return { median: median(ratios), low: Math.min(...ratios), high: Math.max(...ratios) };
}

/** The steps of a round: another one begins each time, so that no step always runs first. */
export function orderOfRound(steps: number, round: number): readonly number[] {
  return Array.from({ length: steps }, (_, turn) => (turn + round) % steps);
}
