import { type Clock, systemClock } from './clock.ts';
import type { Config } from './config.ts';
import { RankError } from './errors.ts';
import type { Tell } from './events.ts';
import type { Manifest } from './manifest.ts';
import { orderResults } from './order.ts';
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
import { Admission } from './schedule/admission.ts';
import type { EncodedRequest } from './schedule/batch.ts';
import { createCostModel } from './schedule/cost.ts';
import { packBatch } from './schedule/pack-batch.ts';
import { createPolicy } from './schedule/policy.ts';
import type { ScheduleCall, ScheduleResult } from './schedule/request.ts';
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

export interface PipelineParts {
  readonly config: Pick<Config, 'candidateTokens' | 'maxCallMs'>;
  readonly model: string;
  readonly clock: Clock;
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
    }),
    pack: (parts) => packBatch(parts, { attentionGroups }),
    cost,
    buckets,
    clock,
  });
  const limits = { candidates: config.queuedCandidates, tokens: config.queuedTokens };
  return new Pipeline({
    config,
    model: manifest.name,
    clock,
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

export class Pipeline implements RankingPipeline {
  readonly #parts: PipelineParts;
  #isDraining = false;

  constructor(parts: PipelineParts) {
    this.#parts = parts;
  }

  async rank(request: RankRequest, call: CallContext): Promise<RankReply> {
    const { config, clock, admission, encoders, scheduler } = this.#parts;
    const startedMs = clock.nowMs();
    this.#assertServing(request, call);
    const permit = admission.admit(
      request.candidates.length,
      estimateTokens(request, config).packedTokens,
    );
    try {
      const encoded = await encoders.encode(taskOf(request));
      permit.correct(countTokens(encoded));
      const encodeMs = clock.nowMs() - startedMs;
      const result = await scheduler.schedule(encoded, this.#boundCall(request, call, startedMs));
      const totalMs = clock.nowMs() - startedMs;
      return {
        results: orderResults(encoded, result, request),
        usage: usageOf(encoded, result),
        times: { encodeMs, queueMs: result.queueMs, runMs: result.runMs, totalMs },
        complete: result.complete,
      };
    } catch (error) {
      throw RankError.from(error);
    } finally {
      permit.release();
    }
  }

  async estimate(request: RankRequest, call: CallContext): Promise<Estimate> {
    await Promise.resolve();
    const { config, admission, scheduler } = this.#parts;
    this.#assertServing(request, call);
    const { prefixTokens, packedTokens } = estimateTokens(request, config);
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
    if (model !== undefined && model !== this.#parts.model) {
      throw new RankError(
        'not-found',
        `the model '${model}' is not served; '${this.#parts.model}' is`,
        {
          reason: 'MODEL_NOT_FOUND',
        },
      );
    }
  }

  #boundCall({ partialOk }: RankRequest, call: CallContext, startedMs: number): ScheduleCall {
    const latestMs = startedMs + this.#parts.config.maxCallMs;
    const deadlineMs = Math.min(call.deadlineMs, latestMs);
    const marginMs = partialOk ? replyMargin(deadlineMs - startedMs) : 0;
    return { signal: call.signal, partialOk, deadlineMs: deadlineMs - marginMs };
  }
}

/** A partial reply must reach the caller before its deadline: a twentieth of the time, 5 to 50 ms. */
function replyMargin(timeoutMs: number): number {
  return Math.min(Math.max(timeoutMs / 20, 5), 50);
}

/** About four bytes are a token; corrected once the tokens are known. */
const bytesPerToken = 4;

function estimateTokens(
  { query, instruction, context, candidates }: RankRequest,
  { candidateTokens }: Pick<Config, 'candidateTokens'>,
): { readonly prefixTokens: number; readonly packedTokens: number } {
  const tokensOf = (...texts: readonly (string | undefined)[]) =>
    Math.ceil(texts.reduce((sum, text) => sum + (text?.length ?? 0), 0) / bytesPerToken);
  const prefixTokens = tokensOf(query, instruction, context);
  const packedTokens = candidates.reduce(
    (sum, { title, text }) => sum + Math.min(tokensOf(title, text), candidateTokens),
    prefixTokens,
  );
  return { prefixTokens, packedTokens };
}

function countTokens({ prefix, candidates }: EncodedRequest): number {
  return candidates.reduce((sum, { ids }) => sum + ids.length, prefix.length);
}

function taskOf(request: RankRequest) {
  const { query, instruction, context, candidates, truncation, maxCandidateTokens } = request;
  return { query, instruction, context, candidates, truncation, maxCandidateTokens };
}

function usageOf({ prefix, candidates }: EncodedRequest, result: ScheduleResult) {
  return {
    candidates: candidates.length,
    scored: result.scored.reduce((sum, scored) => sum + scored, 0),
    truncated: candidates.filter(({ truncated }) => truncated).length,
    prefixTokens: prefix.length,
    candidateTokens: candidates.reduce((sum, { tokens }) => sum + tokens, 0),
    packedTokens: result.packedTokens,
    batches: result.batches,
    cached: 0,
    depth: candidates.length,
  };
}
