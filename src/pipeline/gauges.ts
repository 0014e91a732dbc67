import type { ScoreCache } from '../cache/score-cache.ts';
import type { AdmissionLimits } from '../schedule/admission.ts';
import type { BucketTuner } from '../schedule/buckets/bucket-tuning.ts';
import type { DepthController } from '../schedule/forecast/depth.ts';

/** The pipeline's numbers of this moment; hits and misses are counted from the start. */
export interface ServingGauges {
  readonly admittedCandidates: number;
  readonly admittedTokens: number;
  /** Time that the ready replicas need together for what is admitted. */
  readonly queuedMs: number;
  /** Waiting for a replica. The tokens do not include prefixes. */
  readonly queuedCandidates: number;
  readonly queuedTokens: number;
  readonly rankingDepth: number;
  readonly cacheEntries: number;
  readonly cacheBytes: number;
  readonly cacheHits: number;
  readonly cacheMisses: number;
  /** Share of padding if each candidate were padded to its bucket; 0 before the first proposal. */
  readonly bucketWaste: number;
  readonly proposedBucketWaste: number;
}

export interface GaugeParts {
  readonly admission: { readonly held: AdmissionLimits };
  readonly scheduler: {
    estimateMs(packedTokens: number): number;
    readonly waiting: { readonly candidates: number; readonly tokens: number };
  };
  readonly cache: ScoreCache | undefined;
  readonly depth: DepthController;
  readonly tuner: BucketTuner;
}

export function readGauges(parts: GaugeParts): ServingGauges {
  const { admission, scheduler, cache, depth, tuner } = parts;
  const { candidates, tokens } = admission.held;
  return {
    admittedCandidates: candidates,
    admittedTokens: tokens,
    queuedMs: tokens === 0 ? 0 : scheduler.estimateMs(tokens),
    queuedCandidates: scheduler.waiting.candidates,
    queuedTokens: scheduler.waiting.tokens,
    rankingDepth: depth.depth,
    cacheEntries: cache?.entries ?? 0,
    cacheBytes: cache?.bytes ?? 0,
    cacheHits: cache?.hits ?? 0,
    cacheMisses: cache?.misses ?? 0,
    bucketWaste: tuner.current.waste,
    proposedBucketWaste: tuner.proposed?.waste ?? 0,
  };
}
