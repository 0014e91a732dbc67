import type { Fleet } from '../cache/shared-scores.ts';
import { ScoreCache } from '../cache/score-cache.ts';
import { type Clock, systemClock } from '../base/clock.ts';
import { type Config, providerOf, type ServedConfig } from '../config/config.ts';
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
import type { BatchPart } from '../batch/packed-batch.ts';
import { BatchStates } from '../states/batch-states.ts';
import { StateArena, stateWidth } from '../states/state-arena.ts';
import { StateStore } from '../states/state-store.ts';
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
  /** The scores of the other servers of the fleet. */
  readonly fleet?: Fleet | undefined;
  /** Other worker files, for tests and benches. */
  readonly workers?: Partial<Workers>;
}

/** Texts of estimates and Tokenize calls together may be as long as this many largest requests. */
const largestTexts = 4;

/** Wires up the pipeline of one model. Nothing is loaded before `warm`. */
export function createPipeline(options: PipelineOptions): Pipeline {
  const { config, manifest, clock = systemClock } = options;
  const cost = createCostModel();
  const tuner = openTuner(options);
  const states = openStates(options);
  const scheduler = openScheduler(options, { cost, tuner, states });
  const limits = { candidates: config.queuedCandidates, tokens: config.queuedTokens };
  return new Pipeline({
    config,
    manifest,
    clock,
    tokens: openEstimator(options),
    cache: config.cacheEntries === 0 ? undefined : openCache(config, clock),
    fleet: options.fleet,
    states,
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
      states: states?.arena.buffer,
      onOffer: ({ runners, coming }) => scheduler.setReplicas(runners, coming),
    }),
  });
}

/** The graph that the replicas run: the slots of a server are of one kind. */
function graphOf({ config, manifest }: PipelineOptions): GraphFile {
  return scoreGraph(manifest, providerOf(config.devices));
}

/** A model has room for states only if it is served by the graph for them: see `withStates`. */
function openStates(options: PipelineOptions): StateStore | undefined {
  const { config, manifest } = options;
  return graphOf(options).layout === 'stored'
    ? new StateStore(StateArena.ofBytes(2 ** 20 * config.statesMb, stateWidth(manifest.blueprint)))
    : undefined;
}

function openEstimator({ config, manifest }: PipelineOptions): TokenEstimator {
  const { tokenBudget } = config;
  return new TokenEstimator(manifest.template, { ...servedLimits(config, manifest), tokenBudget });
}

interface SchedulerParts {
  readonly cost: CostModel;
  readonly tuner: BucketTuner;
  readonly states: StateStore | undefined;
}

function openScheduler(
  options: PipelineOptions,
  { cost, tuner, states }: SchedulerParts,
): Scheduler {
  const { config, clock = systemClock, tell } = options;
  const graph = graphOf(options);
  const pack = (parts: readonly BatchPart[]) => packBatch(parts, graph);
  const kept = states === undefined ? undefined : new BatchStates(states, pack);
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
    pack: kept?.pack ?? pack,
    ...(kept === undefined ? {} : { onOutcome: kept.onOutcome }),
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
