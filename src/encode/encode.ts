import type { FieldViolation } from '../base/errors.ts';
import type { BadCandidate, BadCandidatePolicy, Candidate, RankRequest } from '../domain/rank.ts';
import type { EncodedRequest } from '../batch/packed-batch.ts';

/** The part of a request that encoding needs. It is sent to encoder threads by structured clone. */
export interface EncodeTask
  extends Pick<
    RankRequest,
    'query' | 'instruction' | 'context' | 'truncation' | 'maxCandidateTokens'
  > {
  readonly candidates: readonly CandidateText[];
  /** As in `RankRequest`. */
  readonly onBadCandidate?: BadCandidatePolicy;
}

export interface CandidateText extends Pick<Candidate, 'title' | 'text'> {
  /** Title and text as token ids of this model, when known: these are not encoded again. */
  readonly ids?: Int32Array;
}

/** In tokens. */
export interface EncodeLimits {
  /** For instruction, query, context, and the template's text in the parts that contain them. */
  readonly prefixTokens: number;
  /** The context budget: how many tokens of a candidate are kept. */
  readonly candidateTokens: number;
  /** Prefix, candidate and suffix together. */
  readonly rowTokens: number;
}

/**
 * A request as token ids. `skipped` has the bad candidates, which are left out, by place in the
 * task.
 */
export interface EncodedTask extends EncodedRequest {
  readonly skipped?: ReadonlyMap<number, BadCandidate>;
}

/** Expected failures are values, because errors lose their fields between threads. */
export type EncodeOutcome =
  | { readonly ok: true; readonly encoded: EncodedTask }
  | {
      readonly ok: false;
      readonly message: string;
      readonly violations: readonly FieldViolation[];
    };

/**
 * Turns requests into token ids with a model's tokenizer and template. Every thread has its own.
 */
export interface RequestEncoder {
  encode(task: EncodeTask): EncodeOutcome;
  /** Each text by itself, normalized as a candidate's text is. */
  tokenize(texts: readonly string[]): readonly Int32Array[];
}
