import type { ScoreCache } from '../cache/score-cache.ts';
import type { Claim } from '../cache/score-source.ts';
import type { Fleet } from '../cache/shared-scores.ts';
import type { Clock } from '../base/clock.ts';
import { Arrivals } from './arrivals.ts';
import { boundCall } from './plan/bound-call.ts';
import type { Call } from '../domain/call.ts';
import { assertAnswers } from '../encode/assert-answers.ts';
import { assertNoneBad } from './reply/bad-candidates.ts';
import { composeReply } from './reply/compose-reply.ts';
import type { Config } from '../config/config.ts';
import { RankError, type Reason, reasonOf } from '../base/errors.ts';
import type { EstimateTokens, TokenEstimator } from './plan/estimate-tokens.ts';
import { readGauges, type ServingGauges } from './gauges.ts';
import type { Manifest } from '../model/manifest.ts';
import type { EncoderPool } from '../pool/encoders/encoder-pool.ts';
import type { ReplicaSet } from '../pool/replica-set.ts';
import type {
  CallContext,
  Estimate,
  Rank,
  RankingPipeline,
  RankReply,
  RankRequest,
  ReplicaDescription,
} from '../domain/rank.ts';
import { wholeSize } from './plan/rank-plan.ts';
import { encodeCandidates } from './stages/encode-candidates.ts';
import { RankProgress } from './stages/progress.ts';
import { runCandidates, type RunParts } from './stages/run-candidates.ts';
import { SpareTime } from './spare-time.ts';
import type { StateStore } from '../states/state-store.ts';
import { ComputedShare } from './plan/computed-share.ts';
import type { Admission } from '../schedule/admission.ts';
import type { BatchPart, PackedBatch } from '../batch/packed-batch.ts';
import type { BucketTuner } from '../schedule/buckets/bucket-tuning.ts';
import type { CostModel, CostTable } from '../schedule/costs/cost.ts';
import type { DepthController } from '../schedule/forecast/depth.ts';
import type { Size } from '../schedule/forecast/forecast.ts';
import type { Scheduler } from '../schedule/scheduler.ts';
import { TextRoom } from '../schedule/text-room.ts';

export interface PipelineParts {
  readonly config: Pick<Config, 'candidateTokens' | 'devices' | 'maxCallMs' | 'tokenBudget'>;
  readonly manifest: Pick<Manifest, 'name' | 'fingerprint'>;
  readonly clock: Clock;
  readonly tokens: Pick<TokenEstimator, 'estimate' | 'calibrate' | 'learn'>;
  readonly cache: ScoreCache | undefined;
  /** The scores of the other servers of the fleet, for a server with a cache. */
  readonly fleet?: Fleet | undefined;
  /** Undefined if the states of candidates are not kept. */
  readonly states?: StateStore | undefined;
  readonly depth: DepthController;
  readonly tuner: BucketTuner;
  readonly admission: Admission;
  /** Bounds the texts of requests that need no replica; no bound when absent. */
  readonly texts?: TextRoom;
  readonly encoders: EncoderPool;
  readonly scheduler: Scheduler;
  readonly replicas: ReplicaSet;
  readonly cost: CostModel;
  readonly pack: (parts: readonly BatchPart[]) => PackedBatch;
  readonly wrapRank?: WrapRank | undefined;
}

/** Wraps the ranking of every request, for example to capture the traffic. */
export type WrapRank = (rank: Rank, estimate: EstimateTokens) => Rank;

/** A pipeline with what its operator may see and change. */
export interface OpenPipeline extends RankingPipeline {
  readonly pool: ReplicaSet;
  costs(): CostTable;
  gauges(): ServingGauges;
  /** For work that no caller waits for. */
  readonly spare: Pick<SpareTime, 'isIdle' | 'has' | 'score'>;
}

/** Everything between the server and the threads, for one model. */
export class Pipeline implements OpenPipeline {
  readonly rank: Rank;
  readonly spare: SpareTime;
  readonly #parts: PipelineParts;
  readonly #arrivals: Arrivals;
  readonly #texts: TextRoom;
  readonly #runParts: RunParts;
  /** Of the tokens that a request has to compute. */
  readonly #estimateTokens: EstimateTokens;
  #isDraining = false;
  #warmed: Promise<void> | undefined;

  constructor(parts: PipelineParts) {
    this.#parts = parts;
    this.spare = new SpareTime(parts);
    this.#texts = parts.texts ?? new TextRoom(Number.POSITIVE_INFINITY);
    const computed = new ComputedShare();
    this.#runParts = { ...parts, computed };
    this.#estimateTokens = computed.reduce(parts.tokens.estimate, parts.config.tokenBudget);
    this.#arrivals = new Arrivals(parts, this.#estimateTokens);
    const rank: Rank = (request, call) => this.#rank(request, call);
    this.rank = parts.wrapRank?.(rank, parts.tokens.estimate) ?? rank;
  }

  /** The life of a request, stage by stage. */
  async #rank(request: RankRequest, context: CallContext): Promise<RankReply> {
    const { clock, config } = this.#parts;
    const startedAtMs = clock.nowMs();
    this.#assertServing(context);
    const call = boundCall(request, context, startedAtMs, config.maxCallMs);
    const begun = this.#arrivals.begin(request, call);
    const { plan, permit } = begun instanceof Promise ? await begun : begun;
    const progress = new RankProgress(plan.keys, plan.found);
    let claim: Claim | undefined;
    try {
      while (progress.needsRound(call, clock.nowMs())) {
        claim = plan.source.claim(progress.missing, call);
        if (claim.keys.length > 0) {
          const own = { ...call, signal: claim.signal };
          const candidates = plan.candidatesOf(claim.keys);
          const encoded = await encodeCandidates(request, candidates, own, this.#parts);
          const run = await runCandidates(encoded, own, permit, this.#runParts);
          claim.publish(run.scores);
          progress.addRun(claim, encoded, run);
        }
        progress.addFollowed(await claim.followed);
      }
      assertNoneBad(request, plan.keys, progress.scores);
      return composeReply(request, plan.keys, progress, clock.nowMs() - startedAtMs);
    } catch (error) {
      throw RankError.from(error);
    } finally {
      claim?.release();
      permit?.release();
    }
  }

  estimate(request: RankRequest, call: CallContext): Promise<Estimate> {
    return new Promise((resolve) => resolve(this.#estimate(request, call)));
  }

  #estimate(request: RankRequest, context: CallContext): Estimate {
    const { clock, admission, scheduler, tokens, config } = this.#parts;
    // Estimating holds no texts, but it is refused when there is no room for them.
    this.#texts.admit(context.client, charactersOf(request))();
    this.#assertServing(context);
    const { prefixTokens } = tokens.estimate(request, []);
    const call = boundCall(request, context, clock.nowMs(), config.maxCallMs);
    const { candidates, packedTokens } = wholeSize(request, {
      estimateTokens: this.#estimateTokens,
      tokenBudget: config.tokenBudget,
      depth: this.#arrivals.depthFor(call),
    });
    const size = { candidates, packedTokens, prefixTokens };
    const { queueMs, runMs } = scheduler.predict(call, size, admission.unscheduledTokens);
    const refusalReason = this.#refusalReason(size, call);
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

  gauges(): ServingGauges {
    return readGauges(this.#parts);
  }

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
    this.spare.end();
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

  /** The reason why admission would refuse the request now; undefined if it would not. */
  #refusalReason(size: Size, call: Call): Reason | undefined {
    try {
      this.#parts.admission.admit(size, call).release();
      return undefined;
    } catch (error) {
      return reasonOf(RankError.from(error));
    }
  }

  #assertOpen(): void {
    if (this.#isDraining) {
      throw new RankError('unavailable', 'the server is draining');
    }
  }

  #assertServing({ signal }: CallContext): void {
    this.#assertOpen();
    if (signal.aborted) {
      throw new RankError('cancelled', 'the caller has gone');
    }
  }
}

function charactersOf({ query, candidates }: RankRequest): number {
  return candidates.reduce(
    (sum, { title = '', text }) => sum + title.length + text.length,
    query.length,
  );
}
