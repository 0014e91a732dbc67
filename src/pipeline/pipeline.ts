import type { ScoreCache } from '../cache/score-cache.ts';
import { ownRuns, type ScoreSource } from '../cache/score-source.ts';
import { SharedScores } from '../cache/shared-scores.ts';
import type { Clock } from '../base/clock.ts';
import { type BoundCall, boundCall } from './plan/bound-call.ts';
import { assertAnswers } from '../encode/assert-answers.ts';
import { assertNoneBad } from './reply/bad-candidates.ts';
import { composeReply } from './reply/compose-reply.ts';
import type { Config } from '../config/config.ts';
import { RankError } from '../base/errors.ts';
import type { TokenEstimator } from './plan/estimate-tokens.ts';
import { readGauges, type ServingGauges } from './gauges.ts';
import type { Manifest } from '../model/manifest.ts';
import type { EncoderPool } from '../pool/encoders/encoder-pool.ts';
import type { ReplicaSet } from '../pool/replica-set.ts';
import type {
  CallContext,
  Estimate,
  RankingPipeline,
  RankReply,
  RankRequest,
  ReplicaDescription,
} from '../domain/rank.ts';
import { type DepthChoice, planRank, type RankPlan, wholeSize } from './plan/rank-plan.ts';
import { type Encoding, RequestRun } from './request-run.ts';
import type { Admission, Permit } from '../schedule/admission.ts';
import type { BatchPart, EncodedRequest, PackedBatch } from '../batch/packed-batch.ts';
import type { BucketTuner } from '../schedule/buckets/bucket-tuning.ts';
import type { CostModel, CostTable } from '../schedule/costs/cost.ts';
import { type DepthController, prudentDeadlineAtMs } from '../schedule/forecast/depth.ts';
import type { Size } from '../schedule/forecast/forecast.ts';
import { packedSizeOf } from '../batch/packed-size.ts';
import type { Scheduler } from '../schedule/scheduler.ts';
import { TextRoom } from '../schedule/text-room.ts';

export interface PipelineParts {
  readonly config: Pick<Config, 'candidateTokens' | 'maxCallMs' | 'tokenBudget'>;
  readonly manifest: Pick<Manifest, 'name' | 'fingerprint'>;
  readonly clock: Clock;
  readonly tokens: Pick<TokenEstimator, 'estimate' | 'calibrate' | 'learn'>;
  readonly cache: ScoreCache | undefined;
  readonly depth: DepthController;
  readonly tuner: BucketTuner;
  readonly admission: Admission;
  /** Without one, texts that need no replica have no bound. */
  readonly texts?: TextRoom;
  readonly encoders: EncoderPool;
  readonly scheduler: Scheduler;
  readonly replicas: ReplicaSet;
  readonly cost: CostModel;
  readonly pack: (parts: readonly BatchPart[]) => PackedBatch;
}

/** The serving path: everything between the front end and the threads. */
export class Pipeline implements RankingPipeline {
  readonly #parts: PipelineParts;
  readonly #scores: ScoreSource;
  readonly #texts: TextRoom;
  #isDraining = false;
  #warmed: Promise<void> | undefined;

  constructor(parts: PipelineParts) {
    this.#parts = parts;
    this.#texts = parts.texts ?? new TextRoom(Number.POSITIVE_INFINITY);
    this.#scores = parts.cache === undefined ? ownRuns : new SharedScores(parts.cache, parts.clock);
  }

  async rank(request: RankRequest, context: CallContext): Promise<RankReply> {
    const { clock } = this.#parts;
    const startedMs = clock.nowMs();
    this.#assertServing(request, context);
    const call = boundCall(request, context, startedMs, this.#parts.config);
    const plan = this.#plan(request, call);
    assertNoneBad(request, plan.keys, plan.found);
    const permit = this.#admit(plan, call);
    const run = new RequestRun(request, {
      ...this.#parts,
      onEncoded: (encoded, spent) => {
        permit?.correct(packedSizeOf(encoded, this.#parts.config.tokenBudget));
        this.#learn(encoded, spent);
      },
    });
    try {
      const { source, keys, found } = plan;
      const collected = await source.collect(keys, found, call, async (own, signal) => {
        const scores = await run.score(plan.placesOf(own), { ...call, signal });
        return new Map(
          own.flatMap((key, i) => (scores[i] === undefined ? [] : [[key, scores[i]]])),
        );
      });
      assertNoneBad(request, keys, collected.scores);
      const totalMs = clock.nowMs() - startedMs;
      return composeReply(request, keys, collected, { ...run.spent, totalMs });
    } catch (error) {
      throw RankError.from(error);
    } finally {
      permit?.release();
    }
  }

  async estimate(request: RankRequest, call: CallContext): Promise<Estimate> {
    const release = this.#texts.admit(call.client, charactersOf(request));
    await Promise.resolve();
    release();
    const { clock, admission, scheduler, tokens } = this.#parts;
    this.#assertServing(request, call);
    const { prefixTokens } = tokens.estimate(request, []);
    const bound = boundCall(request, call, clock.nowMs(), this.#parts.config);
    const { tokenBudget } = this.#parts.config;
    const estimateTokens = tokens.estimate;
    const parts = { estimateTokens, tokenBudget, depth: this.#depthFor(bound) };
    const { candidates, packedTokens } = wholeSize(request, parts);
    const size = { candidates, packedTokens, prefixTokens };
    const { queueMs, runMs } = scheduler.predict(bound, size, admission.unscheduledTokens);
    const refusalReason = this.#refusalReason(size, bound);
    const totalMs = queueMs + runMs;
    return { candidates, prefixTokens, packedTokens, queueMs, runMs, totalMs, refusalReason };
  }

  async tokenize(
    texts: readonly string[],
    call?: Pick<CallContext, 'client' | 'signal'>,
  ): Promise<readonly Int32Array[]> {
    this.#assertOpen();
    const characters = texts.reduce((sum, text) => sum + text.length, 0);
    const release = this.#texts.admit(call?.client ?? '', characters);
    try {
      return await this.#parts.encoders.tokenize(texts, call);
    } catch (error) {
      throw RankError.from(error);
    } finally {
      release();
    }
  }

  /** What a request would take, judged by its texts. */
  get tokens(): Pick<TokenEstimator, 'estimate'> {
    return this.#parts.tokens;
  }

  gauges(): ServingGauges {
    return readGauges(this.#parts);
  }

  /** For changes while it serves. */
  get pool(): ReplicaSet {
    return this.#parts.replicas;
  }

  costs(): CostTable {
    return this.#parts.cost.table();
  }

  replicas(): readonly ReplicaDescription[] {
    return this.#parts.replicas.describe();
  }

  buckets(): readonly number[] {
    return this.#parts.tuner.current.buckets;
  }

  warm(): Promise<void> {
    this.#warmed ??= this.#warm();
    return this.#warmed;
  }

  async drain(): Promise<void> {
    this.#isDraining = true;
    await this.#parts.admission.whenEmpty();
    await Promise.all([this.#parts.replicas.drain(), this.#parts.encoders.close()]);
  }

  async #warm(): Promise<void> {
    const { manifest, encoders, replicas, pack, tokens } = this.#parts;
    const calibrated = encoders.warm().then(() => tokens.calibrate(encoders));
    await Promise.all([calibrated, replicas.warm()]);
    const { runners } = replicas.offer();
    await assertAnswers({ name: manifest.name, encoders, runners, pack });
  }

  #learn(encoded: EncodedRequest, { encodeMs, candidates }: Encoding): void {
    const { cost, tuner, tokens } = this.#parts;
    cost.observeEncode(encodeMs);
    tuner.observe(encoded);
    tokens.learn(candidates, encoded);
  }

  /** Asks by trying: what is let in is given back in the same turn. */
  #refusalReason(size: Size, call: BoundCall): string | undefined {
    try {
      this.#parts.admission.admit(size, call).release();
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

  /** What is known already costs nothing, so it is found before admission: an overloaded server still answers it. */
  #plan(request: RankRequest, call: BoundCall): RankPlan {
    const { config, manifest, depth, scheduler, admission, tokens } = this.#parts;
    depth.sample(scheduler.estimateMs(admission.held.tokens));
    const { fingerprint } = manifest;
    const setting = {
      fingerprint,
      candidateTokens: config.candidateTokens,
      client: call.client,
    };
    const estimateTokens = tokens.estimate;
    const parts = {
      scores: this.#scores,
      setting,
      estimateTokens,
      tokenBudget: config.tokenBudget,
      depth: this.#depthFor(call),
    };
    return planRank(request, call, parts);
  }

  /** As many as the load allows and the time does; all of them are to be scored, also when a part would do. */
  #depthFor(call: BoundCall): DepthChoice {
    const { clock, depth, scheduler, admission } = this.#parts;
    return {
      most: depth.depth,
      choose: (sizes) => {
        const byAtMs = prudentDeadlineAtMs(clock.nowMs(), call.deadlineAtMs);
        const judge = scheduler.judge(call, byAtMs, admission.unscheduledTokens);
        return depth.choose(sizes, judge);
      },
    };
  }

  /** No permit is needed when every score is known. */
  #admit({ isWhole, toRun }: RankPlan, call: BoundCall): Permit | undefined {
    const { admission } = this.#parts;
    if (isWhole) {
      return undefined;
    }
    return toRun.candidates === 0 ? admission.follow(call) : admission.admit(toRun, call);
  }
}

function charactersOf({ query, candidates }: RankRequest): number {
  return candidates.reduce(
    (sum, { title = '', text }) => sum + title.length + text.length,
    query.length,
  );
}
