import type { Pair, PairData } from '../../src/eval/rank/pair-batches.ts';
import type { Manifest } from '../../src/model/manifest.ts';
import type { View } from './views.ts';

/** A built model's folder, as it stands on the disk. */
export interface BuiltModel {
  readonly dir: string;
  readonly manifest: Manifest;
}

export interface ScorerOptions {
  /** Most tokens of a candidate that any call asks for. */
  readonly candidateTokens: number;
  /** Packed tokens of one run of the graph. */
  readonly tokenBudget: number;
  /** As SLMRANK_DEVICES. */
  readonly devices: string;
}

/** Scores (query, candidate) pairs with a model in this process. */
export interface PairScorer {
  /** Logit of yes less that of no, in the pairs' order; texts are encoded here. */
  score(pairs: readonly Pair[], data: PairData, view: View): Promise<readonly number[]>;
  close(): Promise<void>;
}

export type OpenScorer = (model: BuiltModel, options: ScorerOptions) => Promise<PairScorer>;
