import type { ScoreCache } from '../cache/score-cache.ts';
import type { AdmissionLimits } from '../schedule/admission.ts';
import type { BucketTuner } from '../schedule/buckets/bucket-tuning.ts';
import type { DepthController } from '../schedule/forecast/depth.ts';
import type { Waiting } from '../schedule/queue/waiting.ts';
import type { StateCounts, StateStore } from '../states/state-store.ts';

/** The pipeline's current numbers. Cache hits and misses are counted from the start. */
export interface ServingGauges {
  readonly admittedCandidates: number;
  readonly admittedTokens: number;
  /** The predicted time that all ready replicas together need for the admitted candidates. */
  readonly queuedMs: number;
  /** Requests that wait for a replica, and those that wait no longer but are not answered. */
  readonly queuedRequests: number;
  readonly runningRequests: number;
  /** Candidates that wait for a replica, and their tokens without prefixes. */
  readonly queuedCandidates: number;
  readonly queuedTokens: number;
  readonly rankingDepth: number;
  readonly cacheEntries: number;
  readonly cacheBytes: number;
  readonly cacheHits: number;
  readonly cacheMisses: number;
  /** Of the store of candidates' states; undefined when there is none. */
  readonly states?: StateCounts | undefined;
  /** The share of padding if each candidate were padded to its bucket. */
  readonly bucketWaste: number;
  /** The same for the proposed buckets; 0 before the first proposal. */
  readonly proposedBucketWaste: number;
}

export interface GaugeParts {
  readonly admission: { readonly held: AdmissionLimits };
  readonly scheduler: {
    estimateMs(packedTokens: number): number;
    readonly waiting: Waiting;
  };
  readonly cache: ScoreCache | undefined;
  readonly states?: Pick<StateStore, 'counts'> | undefined;
  readonly depth: DepthController;
  readonly tuner: BucketTuner;
}

export function readGauges(parts: GaugeParts): ServingGauges {
  const { admission, scheduler, cache, depth, tuner } = parts;
  const { candidates, tokens } = admission.held;
  const { waiting } = scheduler;
  return {
    admittedCandidates: candidates,
    admittedTokens: tokens,
    queuedMs: tokens === 0 ? 0 : scheduler.estimateMs(tokens),
    queuedRequests: waiting.requests,
    runningRequests: waiting.running,
    queuedCandidates: waiting.candidates,
    queuedTokens: waiting.tokens,
    rankingDepth: depth.depth,
    cacheEntries: cache?.entries ?? 0,
    cacheBytes: cache?.bytes ?? 0,
    cacheHits: cache?.hits ?? 0,
    cacheMisses: cache?.misses ?? 0,
    states: parts.states?.counts,
    bucketWaste: tuner.current.waste,
    proposedBucketWaste: tuner.proposed?.waste ?? 0,
  };
}
