/** How much the ranker is asked about each text. */
export const efforts = ['quick', 'normal', 'full'] as const;
export type Effort = (typeof efforts)[number];

export interface EffortPlan {
  /** Probes asked on the original that share words with it, and others. */
  readonly near: number;
  readonly far: number;
  /** Probes, of those, that choose; the others only judge the result. */
  readonly choosing: number;
  /** How many choices of phrases are tried in each round; later ones start from the best so far. */
  readonly rounds: readonly number[];
}

/** docs/decisions/compression.md has their results and costs. */
export const effortPlans: Readonly<Record<Effort, EffortPlan>> = {
  quick: { near: 5, far: 2, choosing: 5, rounds: [4] },
  normal: { near: 8, far: 1, choosing: 6, rounds: [8, 4] },
  full: { near: 18, far: 6, choosing: 12, rounds: [10, 8, 8, 8] },
};
