import type { Manifest } from '../../src/manifest.ts';
import type { CandidateText } from '../../src/text/encode.ts';

/** A built model's folder, as it stands on the disk. */
export interface BuiltModel {
  readonly dir: string;
  readonly manifest: Manifest;
}

export interface ScorerOptions {
  readonly candidateTokens: number;
  /** Packed tokens of one run of the graph. */
  readonly tokenBudget: number;
  readonly threads: number;
}

/** Scores (query, candidate) pairs with a model in this process. */
export interface PairScorer {
  /** Logit of yes less that of no, in the candidates' order; texts are encoded here. */
  score(query: string, candidates: readonly CandidateText[]): Promise<readonly number[]>;
  close(): Promise<void>;
}

export type OpenScorer = (model: BuiltModel, options: ScorerOptions) => Promise<PairScorer>;
