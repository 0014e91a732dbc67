import type { FieldViolation } from '../errors.ts';
import type { Candidate, RankRequest } from '../rank.ts';
import type { EncodedRequest } from '../schedule/batch.ts';

/** What encoding needs of a request; crosses the thread boundary by structured clone. */
export interface EncodeTask
  extends Pick<
    RankRequest,
    'query' | 'instruction' | 'context' | 'truncation' | 'maxCandidateTokens'
  > {
  readonly candidates: readonly CandidateText[];
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

/** Expected failures are values: they cross threads. */
export type EncodeOutcome =
  | { readonly ok: true; readonly encoded: EncodedRequest }
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
