/**
 * Requests and replies of the domain. The server parses messages into them; nothing here knows
 * gRPC.
 */

import type { Reason } from '../base/errors.ts';
import type { Phase, PriorityClass, SkipCounts, SkipReason, TextSource } from './events.ts';
import type { Manifest } from '../model/manifest.ts';

export type ScoreKind = 'probability' | 'logit';
export type Truncation = 'end' | 'start' | 'error';

export interface Candidate {
  readonly id: string;
  readonly title: string | undefined;
  readonly text: string;
  /** Whether `text` was cut from a longer one. */
  readonly isCut?: boolean;
  /** The client's version of the item `id`. Both stand for title and text in the score cache. */
  readonly version: string | undefined;
  /** Where title and text come from, when the candidate was given by id alone. */
  readonly stored?: StoredText;
}

/** What the item store knows of a candidate's text besides the text. */
export interface StoredText {
  readonly source: TextSource;
  /** The source version of the item. */
  readonly version: bigint;
  /** Half-open ranges of code points of the item's text that the summary was put together from. */
  readonly kept: readonly { readonly start: number; readonly end: number }[];
  /**
   * Title and text as the served model's tokens; undefined when the item was encoded for another
   * model.
   */
  readonly ids?: Int32Array;
}

export interface RankRequest {
  readonly requestId: string;
  readonly query: string;
  readonly instruction: string | undefined;
  readonly context: string | undefined;
  readonly candidates: readonly Candidate[];
  readonly topN: number | undefined;
  readonly minScore: number | undefined;
  readonly returnText: boolean;
  readonly scoreKind: ScoreKind;
  readonly truncation: Truncation;
  readonly maxCandidateTokens: number | undefined;
  /** Checked against the served model where the request is parsed. */
  readonly model: string | undefined;
  readonly partialOk: boolean;
  readonly priority: PriorityClass;
  /**
   * Under load or close to the deadline, score only the first candidates and return the rest
   * unscored.
   */
  readonly adaptiveDepth: boolean;
  /** Read and fill the score cache. */
  readonly useCache: boolean;
  /**
   * Whether a candidate that cannot be scored fails the request or is skipped. When absent, blank
   * texts are scored too, which measurements need.
   */
  readonly onBadCandidate?: BadCandidatePolicy;
  /** The candidates, by place, that were found to be bad when the request was parsed. */
  readonly skips?: ReadonlyMap<number, SkipReason>;
}

export type BadCandidatePolicy = 'refuse' | 'skip';

/** The circumstances of a request. */
export interface CallContext {
  /** A moment of the clock; Infinity when there is none. */
  readonly deadlineAtMs: number;
  /** Whether SLMRANK_MAX_CALL_MS sets the deadline and not the caller. */
  readonly isCapped?: boolean;
  /** Aborted when the caller has gone. Never aborts a running batch. */
  readonly signal: AbortSignal;
  /** For fair shares and quotas; empty when unknown. */
  readonly client: string;
  /** W3C trace context as received. */
  readonly traceparent: string | undefined;
}

export interface RankedResult {
  readonly index: number;
  readonly score: number;
  readonly logit: number;
  readonly tokens: number;
  readonly truncated: boolean;
  readonly scored: boolean;
  /** From the score cache, or from an equal request that ran at the same time. */
  readonly cached: boolean;
  /** Why it could not be scored. */
  readonly skipped?: SkipReason;
}

export interface Usage {
  readonly candidates: number;
  readonly scored: number;
  readonly truncated: number;
  readonly prefixTokens: number;
  readonly candidateTokens: number;
  readonly packedTokens: number;
  readonly batches: number;
  readonly cached: number;
  /** How many candidates, from the first one on, were to be scored. */
  readonly depth: number;
}

export interface StageTimes {
  readonly encodeMs: number;
  readonly queueMs: number;
  readonly runMs: number;
  readonly totalMs: number;
}

export interface RankReply {
  /** Best first, ties in input order, cut to topN and minScore. */
  readonly results: readonly RankedResult[];
  readonly usage: Usage;
  readonly times: StageTimes;
  readonly complete: boolean;
  /** Counts all candidates, also those that `topN` cut off; absent when none were skipped. */
  readonly skipped?: SkipCounts;
}

/** The cost of ranking a request now. Tokens are estimated from the texts' characters. */
export interface Estimate {
  /** How many would be scored. */
  readonly candidates: number;
  readonly prefixTokens: number;
  readonly packedTokens: number;
  /** Until what is admitted already is done. All times are 0 before the first run. */
  readonly queueMs: number;
  readonly runMs: number;
  readonly totalMs: number;
  /** Why the request would be refused; undefined when it would be admitted. */
  readonly refusalReason: Reason | undefined;
}

export interface ReplicaDescription {
  /** "cpu#0", "cuda:1" */
  readonly deviceSlot: string;
  readonly phase: Phase;
  /** When the phase began, by the clock. */
  readonly sinceAtMs: number;
  /** Why, when it failed or is quarantined. */
  readonly reason: string | undefined;
  /** Failures in a row. */
  readonly failures: number;
  /** Batches that ran without failing. */
  readonly batches: number;
  /** Batches on the replica: at most one running and one prepared. */
  readonly running: number;
  /** The predicted time of those batches together. */
  readonly queuedMs: number;
}

/** A setting that the server has chosen or was given. */
export interface Choice {
  readonly setting: 'token_budget' | 'devices' | 'encoders';
  readonly value: string;
  /** The flag or variable that gave it, or why it was chosen. */
  readonly reason: string;
}

/** A model and the pipeline that serves it. */
export interface ServedModel {
  readonly manifest: Manifest;
  readonly pipeline: RankingPipeline;
}

/** Ranks one request; settles exactly once. @throws RankError, never another error. */
export type Rank = (request: RankRequest, call: CallContext) => Promise<RankReply>;

/** The life of what serves: one pipeline, or the models of a server together. */
export interface Serving {
  replicas(): readonly ReplicaDescription[];
  /** Resolves once every replica has run every bucket; rejects when the first load fails. */
  warm(): Promise<void>;
  /**
   * Refuses new work at once (`unavailable`), finishes what is admitted, then closes every thread.
   */
  drain(): Promise<void>;
}

/** Serves one model. The server knows this interface and nothing behind it. */
export interface RankingPipeline extends Serving {
  readonly rank: Rank;
  /** Queues and runs nothing. @throws RankError when the request can never be admitted. */
  estimate(request: RankRequest, call: CallContext): Promise<Estimate>;
  /** The token ids of each text by itself. @throws RankError */
  tokenize(
    texts: readonly string[],
    call?: Pick<CallContext, 'client' | 'signal'>,
  ): Promise<readonly Int32Array[]>;
  /** Padded lengths that new requests are batched in, ascending. */
  buckets(): readonly number[];
}

/** A candidate that cannot be scored. */
export interface BadCandidate {
  readonly reason: SkipReason;
  readonly field: 'id' | 'title' | 'text';
  /** The problem, as the rest of a sentence that starts with the field. */
  readonly description: string;
}
