import { ScoreCache } from './cache/score-cache.ts';
import { ownRuns, type ScoreCall, type ScoreSource } from './cache/score-source.ts';
import { SharedScores } from './cache/shared-scores.ts';
import { type Clock, systemClock } from './clock.ts';
import { composeReply } from './compose-reply.ts';
import type { Config } from './config.ts';
import { RankError } from './errors.ts';
import { estimateTokens } from './estimate-tokens.ts';
import type { Tell } from './events.ts';
import type { Manifest } from './manifest.ts';
import type { EncoderPool } from './pool/encoder-pool.ts';
import { openEncoders, openReplicas, type PoolLog, type Workers } from './pool/open-pools.ts';
import type { ReplicaSet } from './pool/replica-set.ts';
import type {
  CallContext,
  Estimate,
  RankingPipeline,
  RankReply,
  RankRequest,
  ReplicaDescription,
} from './rank.ts';
import { planRank, type RankPlan } from './rank-plan.ts';
import { RequestRun } from './request-run.ts';
import { Admission, type Permit } from './schedule/admission.ts';
import type { EncodedRequest } from './schedule/batch.ts';
import { createCostModel } from './schedule/cost.ts';
import { DepthController } from './schedule/depth.ts';
import { packBatch } from './schedule/pack-batch.ts';
import { createPolicy } from './schedule/policy.ts';
import { Scheduler } from './schedule/scheduler.ts';

export interface PipelineOptions {
  readonly config: Config;
  readonly manifest: Manifest;
  /** `config.model` when absent. */
  readonly modelDir?: string;
  readonly log?: PoolLog;
  readonly clock?: Clock;
  /** Told of batches, replicas and what became of them. */
  readonly tell?: Tell;
  /** Other worker files, for tests. */
  readonly workers?: Partial<Workers>;
}

interface BoundCall extends ScoreCall {
  readonly client: string;
}

export interface PipelineParts {
  readonly config: Pick<Config, 'candidateTokens' | 'maxCallMs'>;
  readonly manifest: Pick<Manifest, 'name' | 'fingerprint'>;
  readonly clock: Clock;
  readonly cache: ScoreCache | undefined;
  readonly depth: DepthController;
  readonly admission: Admission;
  readonly encoders: EncoderPool;
  readonly scheduler: Scheduler;
  readonly replicas: ReplicaSet;
}

/** The serving path: everything between the front end and the threads. Nothing is loaded before `warm`. */
export function createPipeline(options: PipelineOptions): RankingPipeline {
  const { config, manifest, clock = systemClock } = options;
  const cost = createCostModel();
  const { attentionGroups, buckets } = manifest;
  const scheduler = new Scheduler({
    policy: createPolicy({
      tokenBudget: config.tokenBudget,
      lingerMs: config.lingerMs,
      attentionGroups,
      // A run of a quarter of the budget still reaches 85 to 95 % of the best rate on CPU (fp32, 136 tokens and more).
      shareTokens: Math.ceil(config.tokenBudget / 4),
      agingMs: config.agingMs,
      deferrableWaitMs: config.deferrableWaitMs || Number.POSITIVE_INFINITY,
    }),
    pack: (parts) => packBatch(parts, { attentionGroups }),
    cost,
    buckets,
    clock,
    ...(options.tell === undefined ? {} : { tell: options.tell }),
  });
  const limits = { candidates: config.queuedCandidates, tokens: config.queuedTokens };
  return new Pipeline({
    config,
    manifest,
    clock,
    cache: config.cacheEntries === 0 ? undefined : openCache(config, clock),
    depth: openDepth(config, clock),
    admission: new Admission(limits, (tokens) => scheduler.estimateMs(tokens)),
    encoders: openEncoders(options),
    scheduler,
    replicas: openReplicas({
      ...options,
      clock,
      cost,
      onOffer: ({ runners, coming }) => scheduler.setReplicas(runners, coming),
    }),
  });
}

function openCache({ cacheEntries, cacheTtlMs }: Config, clock: Clock): ScoreCache {
  return new ScoreCache({ entries: cacheEntries, ttlMs: cacheTtlMs }, clock);
}

function openDepth(config: Config, clock: Clock): DepthController {
  const { depthFloor: floor, depthCeiling: ceiling, depthTargetMs: targetMs } = config;
  return new DepthController({ floor, ceiling, targetMs }, clock);
}

export class Pipeline implements RankingPipeline {
  readonly #parts: PipelineParts;
  readonly #scores: ScoreSource;
  #isDraining = false;

  constructor(parts: PipelineParts) {
    this.#parts = parts;
    this.#scores = parts.cache === undefined ? ownRuns : new SharedScores(parts.cache, parts.clock);
  }

  async rank(request: RankRequest, context: CallContext): Promise<RankReply> {
    const { clock } = this.#parts;
    const startedMs = clock.nowMs();
    this.#assertServing(request, context);
    const call = this.#boundCall(request, context, startedMs);
    const plan = this.#plan(request, call);
    const permit = this.#admit(plan);
    const run = new RequestRun(request, {
      ...this.#parts,
      onEncoded: (encoded) => permit?.correct(countTokens(encoded)),
    });
    try {
      const { source, keys, found } = plan;
      const collected = await source.collect(keys, found, call, async (own, signal) => {
        const scores = await run.score(plan.placesOf(own), { ...call, signal });
        return new Map(
          own.flatMap((key, i) => (scores[i] === undefined ? [] : [[key, scores[i]]])),
        );
      });
      const totalMs = clock.nowMs() - startedMs;
      return composeReply(request, keys, collected, { ...run.spent, totalMs });
    } catch (error) {
      throw RankError.from(error);
    } finally {
      permit?.release();
    }
  }

  async estimate(request: RankRequest, call: CallContext): Promise<Estimate> {
    await Promise.resolve();
    const { config, admission, scheduler } = this.#parts;
    this.#assertServing(request, call);
    const { prefixTokens, packedTokens } = estimateTokens(
      request,
      request.candidates,
      config.candidateTokens,
    );
    const queueMs = scheduler.estimateMs(admission.held.tokens);
    const runMs = scheduler.estimateMs(packedTokens);
    const candidates = request.candidates.length;
    const refusalReason = this.#refusalReason(candidates, packedTokens);
    const totalMs = queueMs + runMs;
    return { candidates, prefixTokens, packedTokens, queueMs, runMs, totalMs, refusalReason };
  }

  async tokenize(texts: readonly string[]): Promise<readonly Int32Array[]> {
    this.#assertOpen();
    try {
      return await this.#parts.encoders.tokenize(texts);
    } catch (error) {
      throw RankError.from(error);
    }
  }

  replicas(): readonly ReplicaDescription[] {
    return this.#parts.replicas.describe();
  }

  async warm(): Promise<void> {
    await Promise.all([this.#parts.encoders.warm(), this.#parts.replicas.warm()]);
  }

  async drain(): Promise<void> {
    this.#isDraining = true;
    await this.#parts.admission.whenEmpty();
    await Promise.all([this.#parts.replicas.drain(), this.#parts.encoders.close()]);
  }

  /** Asks by trying: what is let in is given back in the same turn. */
  #refusalReason(candidates: number, tokens: number): string | undefined {
    try {
      this.#parts.admission.admit(candidates, tokens).release();
      return undefined;
    } catch (error) {
      const { kind, reason } = RankError.from(error);
      return reason ?? kind;
    }
  }

  #assertOpen(): void {
    if (this.#isDraining) {
      throw new RankError('unavailable', 'the server is draining');
    }
  }

  #assertServing({ model }: RankRequest, { signal }: CallContext): void {
    this.#assertOpen();
    if (signal.aborted) {
      throw new RankError('cancelled', 'the caller has gone');
    }
    if (model !== undefined && model !== this.#parts.manifest.name) {
      throw new RankError(
        'not-found',
        `the model '${model}' is not served; '${this.#parts.manifest.name}' is`,
        {
          reason: 'MODEL_NOT_FOUND',
        },
      );
    }
  }

  #boundCall(request: RankRequest, call: CallContext, startedMs: number): BoundCall {
    const { partialOk, priority } = request;
    const latestMs = startedMs + this.#parts.config.maxCallMs;
    const deadlineMs = Math.min(call.deadlineMs, latestMs);
    const marginMs = partialOk ? replyMargin(deadlineMs - startedMs) : 0;
    const { signal, client } = call;
    return { signal, client, partialOk, priority, deadlineMs: deadlineMs - marginMs };
  }

  /** What is known already costs nothing, so it is found before admission: an overloaded server still answers it. */
  #plan(request: RankRequest, call: BoundCall): RankPlan {
    const { config, manifest, depth, scheduler, admission } = this.#parts;
    depth.sample(scheduler.estimateMs(admission.held.tokens));
    const { fingerprint } = manifest;
    const setting = {
      fingerprint,
      candidateTokens: config.candidateTokens,
      client: call.client,
    };
    return planRank(request, call, { scores: this.#scores, setting, depth: depth.depth });
  }

  /** None is needed when every score is known. */
  #admit({ lacking, tokens }: RankPlan): Permit | undefined {
    return lacking === 0 ? undefined : this.#parts.admission.admit(lacking, tokens);
  }
}

/** A partial reply must reach the caller before its deadline: a twentieth of the time, 5 to 50 ms. */
function replyMargin(timeoutMs: number): number {
  return Math.min(Math.max(timeoutMs / 20, 5), 50);
}

function countTokens({ prefix, candidates }: EncodedRequest): number {
  return candidates.reduce((sum, { ids }) => sum + ids.length, prefix.length);
}
