/** The domain's request and reply: what the wire is parsed into and written from. Nothing here knows gRPC. */

import type { Reason } from '../base/errors.ts';
import type { Phase, PriorityClass, SkipCounts, SkipReason } from './events.ts';
import type { Manifest } from '../model/manifest.ts';

export type ScoreKind = 'probability' | 'logit';
export type Truncation = 'end' | 'start' | 'error';

export interface Candidate {
  readonly id: string;
  readonly title: string | undefined;
  readonly text: string;
  /** Whether `text` is only what was kept of a longer one. */
  readonly isCut?: boolean;
  /** The caller's version of the item `id`: both stand for title and text in the score cache. */
  readonly version: string | undefined;
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
  readonly model: string | undefined;
  readonly partialOk: boolean;
  readonly priority: PriorityClass;
  /** Under load or with little time, score only the first candidates; the rest follows unscored. */
  readonly adaptiveDepth: boolean;
  /** Take scores from the score cache and put them there. */
  readonly useCache: boolean;
  /**
   * What becomes of candidates that cannot be scored: they refuse the request, or they are skipped. When absent nobody
   * asks whether a text can be read, and blank ones are scored too: for measurements.
   */
  readonly onBadCandidate?: BadCandidatePolicy;
  /** Those that are skipped for what they are as they came, by their places. */
  readonly skips?: ReadonlyMap<number, SkipReason>;
}

export type BadCandidatePolicy = 'refuse' | 'skip';

/** What goes with a request but is not part of it. */
export interface CallContext {
  /** Absolute, in the clock's milliseconds; Infinity when there is none. */
  readonly deadlineMs: number;
  /** Whether the deadline is the server's own (SLMRANK_MAX_CALL_MS) and not the caller's. */
  readonly isCapped?: boolean;
  /** Aborted when the caller has gone. Never aborts a running batch. */
  readonly signal: AbortSignal;
  /** Whom the request counts for in fair share and quotas; empty when unknown. */
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
  /** Scored, but not for this request: from the score cache, or from an equal request that ran at the same time. */
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
  /** Candidates from the top that were to be scored. */
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
  /** Of all candidates, whether they are among the results or not; absent when none were. */
  readonly skipped?: SkipCounts;
}

/** What ranking a request would cost now. Tokens are estimated from the texts' characters. */
export interface Estimate {
  /** Those that would be scored. */
  readonly candidates: number;
  readonly prefixTokens: number;
  readonly packedTokens: number;
  /** Until what is admitted is done; 0 before the first run was seen, as are the other two. */
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
  /** Since when, in the clock's milliseconds. */
  readonly sinceMs: number;
  /** Why, when it failed or is quarantined. */
  readonly reason: string | undefined;
  /** In a row. */
  readonly failures: number;
  /** Run so far, not counting failed ones. */
  readonly batches: number;
  /** Batches that it holds: one running, one prepared at most. */
  readonly running: number;
  /** What those are predicted to take together. */
  readonly queuedMs: number;
}

/** What ranks a request, and what its answer says of the model. */
export interface ServedModel {
  readonly manifest: Manifest;
  readonly pipeline: RankingPipeline;
}

/** The serving path behind the front end: the server knows this and nothing of what stands behind it. */
export interface RankingPipeline {
  /** Ends exactly once. @throws RankError, always. */
  rank(request: RankRequest, call: CallContext): Promise<RankReply>;
  /** Queues and runs nothing. @throws RankError when the request can never be admitted. */
  estimate(request: RankRequest, call: CallContext): Promise<Estimate>;
  /** Token ids of each text by itself. @throws RankError */
  tokenize(
    texts: readonly string[],
    call?: Pick<CallContext, 'client' | 'signal'>,
  ): Promise<readonly Int32Array[]>;
  replicas(): readonly ReplicaDescription[];
  /** Padded lengths in use for requests to come, ascending. */
  buckets(): readonly number[];
  /** Resolves once every replica has run every bucket; rejects when the first load fails. */
  warm(): Promise<void>;
  /** Refuses new work at once (`unavailable`), finishes what is admitted, then closes every thread. */
  drain(): Promise<void>;
}

/** A candidate that cannot be scored. */
export interface BadCandidate {
  readonly reason: SkipReason;
  readonly field: 'title' | 'text';
  /** What is wrong with the field. */
  readonly description: string;
}
