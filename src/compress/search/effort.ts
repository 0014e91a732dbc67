/** How much the ranker is asked about each text. */
export const efforts = ['quick', 'normal', 'full'] as const;
export type Effort = (typeof efforts)[number];

export interface EffortPlan {
  /** Probes asked on the original that share words with it, and others. */
  readonly near: number;
  readonly far: number;
  /** Probes, of those, that choose; the others only judge the result. */
  readonly choosing: number;
  /** Phrases that the ranker marks alone. */
  readonly proposals: number;
  /** Phrases tried at each step of growing; 0 packs the phrases by their marks. */
  readonly tries: number;
  /** Rounds in which chosen phrases are exchanged. */
  readonly swaps: number;
}

/** Measured in docs/compression.md. */
export const effortPlans: Readonly<Record<Effort, EffortPlan>> = {
  quick: { near: 6, far: 2, choosing: 5, proposals: 6, tries: 0, swaps: 0 },
  normal: { near: 12, far: 4, choosing: 8, proposals: 10, tries: 2, swaps: 0 },
  full: { near: 20, far: 8, choosing: 16, proposals: 16, tries: 4, swaps: 2 },
};
