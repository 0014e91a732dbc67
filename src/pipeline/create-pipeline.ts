import { ScoreCache } from '../cache/score-cache.ts';
import { type Clock, systemClock } from '../base/clock.ts';
import type { Config, ServedConfig } from '../config/config.ts';
import { TokenEstimator } from './plan/estimate-tokens.ts';
import type { Tell } from '../domain/events.ts';
import { type FileStamps, type GraphFile, type Manifest, scoreGraph } from '../model/manifest.ts';
import { Pipeline, type WrapRank } from './pipeline.ts';
import { openEncoders, openReplicas, type PoolLog, type Workers } from '../pool/open-pools.ts';
import { Admission } from '../schedule/admission.ts';
import { servedLimits } from '../encode/served-limits.ts';
import { BucketTuner } from '../schedule/buckets/bucket-tuning.ts';
import { type CostModel, createCostModel } from '../schedule/costs/cost.ts';
import { DepthController } from '../schedule/forecast/depth.ts';
import { mostLengths, packBatch } from '../batch/pack/pack-batch.ts';
import { createPolicy } from '../schedule/policy/policy.ts';
import { Scheduler } from '../schedule/scheduler.ts';
import { TextRoom } from '../schedule/text-room.ts';

export interface PipelineOptions {
  readonly config: ServedConfig;
  readonly manifest: Manifest;
  /**
   * Stamps of the verified files. When undefined, every load of a replica reads and verifies them.
   */
  readonly verified?: FileStamps | undefined;
  readonly log?: PoolLog;
  readonly clock?: Clock;
  /** Receives the events of batches and replicas. */
  readonly tell?: Tell;
  readonly wrapRank?: WrapRank;
  /** Other worker files, for tests. */
  readonly workers?: Partial<Workers>;
}

/** Texts of estimates and Tokenize calls together may be as long as this many largest requests. */
const largestTexts = 4;

/** Wires up the pipeline of one model. Nothing is loaded before `warm`. */
export function createPipeline(options: PipelineOptions): Pipeline {
  const { config, manifest, clock = systemClock } = options;
  const cost = createCostModel();
  const tuner = openTuner(options);
  const scheduler = openScheduler(options, cost, tuner);
  const limits = { candidates: config.queuedCandidates, tokens: config.queuedTokens };
  return new Pipeline({
    config,
    manifest,
    clock,
    tokens: openEstimator(options),
    cache: config.cacheEntries === 0 ? undefined : openCache(config, clock),
    depth: openDepth(config, clock),
    tuner,
    admission: new Admission(limits, (tokens) => scheduler.estimateMs(tokens), scheduler),
    texts: new TextRoom(largestTexts * config.requestBytes),
    encoders: openEncoders(options),
    scheduler,
    cost,
    wrapRank: options.wrapRank,
    pack: (parts) => packBatch(parts, graphOf(options)),
    replicas: openReplicas({
      ...options,
      clock,
      cost,
      onOffer: ({ runners, coming }) => scheduler.setReplicas(runners, coming),
    }),
  });
}

/** The graph that the replicas run: the slots of a server are of one kind. */
function graphOf({ config, manifest }: PipelineOptions): GraphFile {
  return scoreGraph(manifest, config.devices[0]?.provider ?? 'cpu');
}

function openEstimator({ config, manifest }: PipelineOptions): TokenEstimator {
  const { tokenBudget } = config;
  return new TokenEstimator(manifest.template, { ...servedLimits(config, manifest), tokenBudget });
}

function openScheduler(options: PipelineOptions, cost: CostModel, tuner: BucketTuner): Scheduler {
  const { config, clock = systemClock, tell } = options;
  const graph = graphOf(options);
  return new Scheduler({
    policy: createPolicy({
      tokenBudget: config.tokenBudget,
      lingerMs: config.lingerMs,
      attentionGroups: mostLengths(graph),
      // On CPU, a quarter of the budget still reaches 85 to 95 % of the best rate (fp32, from 136
      // tokens on).
      shareTokens: Math.ceil(config.tokenBudget / 4),
      agingMs: config.agingMs,
      deferrableWaitMs: config.deferrableWaitMs || Number.POSITIVE_INFINITY,
    }),
    pack: (parts) => packBatch(parts, graph),
    cost,
    get buckets() {
      return tuner.current.buckets;
    },
    clock,
    ...(tell === undefined ? {} : { tell }),
  });
}

function openCache({ cacheEntries, cacheTtlMs }: Config, clock: Clock): ScoreCache {
  return new ScoreCache({ entries: cacheEntries, ttlMs: cacheTtlMs }, clock);
}

function openDepth(config: Config, clock: Clock): DepthController {
  const { depthFloor: floor, depthCeiling: ceiling, depthTargetMs: targetMs } = config;
  return new DepthController({ floor, ceiling, targetMs }, clock);
}

function openTuner(options: PipelineOptions): BucketTuner {
  const { config, manifest, log } = options;
  return new BucketTuner({
    mode: config.tuneBuckets,
    buckets: manifest.buckets,
    most: mostLengths(graphOf(options)) + 2,
    onProposal: (proposed, current) =>
      log?.info({ proposed, current }, 'buckets that would fit the lengths seen'),
  });
}
