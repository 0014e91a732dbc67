import type { BadCandidate } from '../domain/rank.ts';
import type { FieldViolation } from '../base/errors.ts';
import type { BadCandidatePolicy, Candidate, RankRequest } from '../domain/rank.ts';
import type { EncodedRequest } from '../batch/packed-batch.ts';

/** What encoding needs of a request; crosses the thread boundary by structured clone. */
export interface EncodeTask
  extends Pick<
    RankRequest,
    'query' | 'instruction' | 'context' | 'truncation' | 'maxCandidateTokens'
  > {
  readonly candidates: readonly CandidateText[];
  /** As in `RankRequest`. */
  readonly onBadCandidate?: BadCandidatePolicy;
}

export type CandidateText = Pick<Candidate, 'title' | 'text'>;

/** In tokens. */
export interface EncodeLimits {
  /** Instruction, query, context and the template's text in the parts that they stand in. */
  readonly prefixTokens: number;
  /** The context budget: most tokens a candidate may keep. */
  readonly candidateTokens: number;
  /** Prefix, candidate and suffix together. */
  readonly rowTokens: number;
}

/** A request as token ids: without the bad candidates, which are named by their places in the task. */
export interface EncodedTask extends EncodedRequest {
  readonly skipped?: ReadonlyMap<number, BadCandidate>;
}

/** Expected failures are values: they cross threads. */
export type EncodeOutcome =
  | { readonly ok: true; readonly encoded: EncodedTask }
  | {
      readonly ok: false;
      readonly message: string;
      readonly violations: readonly FieldViolation[];
    };

/** Turns requests into token ids by one model's tokenizer and template. Built once per thread. */
export interface RequestEncoder {
  encode(task: EncodeTask): EncodeOutcome;
  /** Each text by itself, as a candidate's text is. */
  tokenize(texts: readonly string[]): readonly Int32Array[];
}
