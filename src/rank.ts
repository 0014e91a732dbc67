/** The domain's request and reply: what the wire is parsed into and written from. Nothing here knows gRPC. */

export type ScoreKind = 'probability' | 'logit';
export type Truncation = 'end' | 'start' | 'error';

export interface Candidate {
  readonly id: string;
  readonly title: string | undefined;
  readonly text: string;
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
}

/** What goes with a request but is not part of it. */
export interface CallContext {
  /** Absolute, in the clock's milliseconds; Infinity when there is none. */
  readonly deadlineMs: number;
  /** Aborted when the caller has gone. Never aborts a running batch. */
  readonly signal: AbortSignal;
}

export interface RankedResult {
  readonly index: number;
  readonly score: number;
  readonly logit: number;
  readonly tokens: number;
  readonly truncated: boolean;
  readonly scored: boolean;
}

export interface Usage {
  readonly candidates: number;
  readonly scored: number;
  readonly truncated: number;
  readonly prefixTokens: number;
  readonly candidateTokens: number;
  readonly packedTokens: number;
  readonly batches: number;
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
}

export interface ReplicaDescription {
  /** "cpu#0", "cuda:1" */
  readonly deviceSlot: string;
  readonly phase: 'loading' | 'ready' | 'draining' | 'failed';
  readonly batches: number;
}

/** The serving path behind the front end: the server knows this and nothing of what stands behind it. */
export interface RankingPipeline {
  /** Ends exactly once. @throws RankError, always. */
  rank(request: RankRequest, call: CallContext): Promise<RankReply>;
  /** Token ids of each text by itself. @throws RankError */
  tokenize(texts: readonly string[]): Promise<readonly Int32Array[]>;
  replicas(): readonly ReplicaDescription[];
  /** Resolves once every replica has run every bucket; rejects when the first load fails. */
  warm(): Promise<void>;
  /** Refuses new work at once (`unavailable`), finishes what is admitted, then closes every thread. */
  drain(): Promise<void>;
}
