import { at } from '../../base/at.ts';
import { RankError } from '../../base/errors.ts';
import type { Outcome, ServingEvent } from '../../domain/events.ts';
import { createLoadMeter, type Load, type LoadMeter } from '../../observe/load-meter.ts';
import { Admission, type AdmissionLimits } from '../../schedule/admission.ts';
import type { BatchPart, EncodedRequest, PackedBatch } from '../../batch/packed-batch.ts';
import {
  type CostModel,
  type CostTable,
  createCostModel,
  type KindCost,
} from '../../schedule/costs/cost.ts';
import { packedSize } from '../../batch/packed-size.ts';
import { createPolicy, type PolicyLimits } from '../../schedule/policy/policy.ts';
import { Scheduler } from '../../schedule/scheduler.ts';
import { drawFactor, drawInBlocks, type Random } from '../traffic/draw.ts';
import { SharedGpu } from './shared-gpu.ts';
import { packOutline, SimulatedReplica } from './simulated-replica.ts';
import type { Arrival } from '../traffic/traffic-streams.ts';
import type { VirtualClock } from '../clock/virtual-clock.ts';

export interface ServerOptions {
  readonly clock: VirtualClock;
  readonly random: Random;
  /** The costs of runs. Its first kind of replica is simulated. */
  readonly cost: CostTable;
  /** For each replica: its run time divided by that of the table. */
  readonly factors: readonly number[];
  /**
   * As many replicas share a GPU as this has numbers: how much it does while 1, 2, ... of them run,
   * as a multiple of the first. Undefined for a GPU each.
   */
  readonly gpuRates?: readonly number[] | undefined;
  /** The spread of run times around their cost; undefined for the ratios in the table. */
  readonly spread: number | undefined;
  readonly policy: PolicyLimits;
  /** Undefined for the tiles of the layout *masked*. */
  readonly pack?: ((parts: readonly BatchPart[]) => PackedBatch) | undefined;
  readonly queue: AdmissionLimits;
  readonly buckets: readonly number[];
  /** From arrival to the queue; undefined for the times in the table. */
  readonly encodeMs: number | undefined;
}

/** How a simulated request ended. */
export interface Ending {
  readonly arrival: Arrival;
  readonly outcome: Outcome;
  readonly reason: string | undefined;
  readonly latencyMs: number;
  readonly scored: number;
}

export type BatchEvent = Extract<ServingEvent, { kind: 'batch' }>;

/** A server's real admission, scheduler, policy and cost model over simulated replicas. */
export class SimulatedServer {
  readonly replicas: readonly SimulatedReplica[];
  readonly batches: BatchEvent[] = [];
  readonly #options: ServerOptions;
  readonly #admission: Admission;
  readonly #scheduler: Scheduler;
  readonly #drawEncodeMs: () => number;
  readonly #meter: LoadMeter;

  constructor(options: ServerOptions) {
    const { clock, random, policy, encodeMs } = options;
    const [kind] = options.cost.kinds;
    if (kind === undefined) {
      throw new RankError('invalid-argument', 'the cost table has no kind of replica; at least 1');
    }
    this.#options = options;
    this.replicas = createReplicas(kind, options);
    const measured = encodeMs === undefined ? options.cost.encodeMs : [encodeMs];
    this.#drawEncodeMs = drawInBlocks(random, measured) ?? (() => 0);
    // A simulated main thread is never what limits a server.
    this.#meter = createLoadMeter(clock, () => 0);
    const cost = createCostModel();
    const { attentionGroups } = policy;
    this.#scheduler = new Scheduler({
      policy: createPolicy(policy),
      pack: options.pack ?? ((parts) => packOutline(parts, { layout: 'masked', attentionGroups })),
      cost,
      buckets: options.buckets,
      clock,
      tell: (event) => {
        this.#meter.tell(event);
        if (event.kind === 'batch') {
          this.batches.push(event);
        }
      },
    });
    this.#admission = new Admission(
      options.queue,
      (tokens) => this.#scheduler.estimateMs(tokens),
      this.#scheduler,
    );
    this.#warmUp(cost);
  }

  #warmUp(cost: CostModel): void {
    for (const size of warmUpSizes(this.#options.policy.tokenBudget)) {
      this.replicas.forEach((one) =>
        cost.observe({ replica: one.name, ...size, runMs: one.drawMs(size) }),
      );
    }
    this.#scheduler.setReplicas(this.replicas, 0);
    this.replicas.forEach(({ name }) =>
      this.#meter.tell({ kind: 'replica', replica: name, phase: 'ready', reason: undefined }),
    );
  }

  /** As the server reports it to clients that balance by load. */
  load(): Load {
    return this.#meter.read();
  }

  /** Later runs take `factor` times as long, on the replica of this place or on all. */
  slow(factor: number, place?: number): void {
    this.replicas.forEach((replica, i) => {
      replica.slowness = place === undefined || place === i ? factor : replica.slowness;
    });
  }

  /** No run begins before this moment. */
  stall(untilMs: number): void {
    this.replicas.forEach((replica) => replica.stall(untilMs));
  }

  /** Resolves once the request has ended. */
  async rank(
    arrival: Arrival,
    deadlineAtMs = this.#options.clock.nowMs() + (arrival.deadlineMs ?? Number.POSITIVE_INFINITY),
  ): Promise<Ending> {
    const { clock } = this.#options;
    const startedAtMs = clock.nowMs();
    const encodeMs = this.#drawEncodeMs();
    const end = (outcome: Outcome, scored: number, reason?: string): Ending => {
      this.#meter.tell({ kind: 'ended', outcome, reason: undefined });
      return { arrival, outcome, reason, latencyMs: clock.nowMs() - startedAtMs, scored };
    };
    const { client, class: priority, candidateTokens, prefixTokens } = arrival;
    const call = {
      client,
      priority,
      deadlineAtMs,
      signal: new AbortController().signal,
      partialOk: false,
    };
    const candidates = candidateTokens.length;
    const packedTokens = countTokens(arrival, this.#options.policy);
    let permit: ReturnType<Admission['admit']> | undefined;
    try {
      permit = this.#admission.admit({ candidates, packedTokens, prefixTokens }, call);
      if (encodeMs > 0) {
        await new Promise<void>((resolve) => clock.at(startedAtMs + encodeMs, resolve));
      }
      permit.correct(packedTokens);
      await this.#scheduler.schedule(encodeOutline(arrival), call);
      return end('scored', candidates);
    } catch (error) {
      const { kind, reason } = RankError.from(error);
      return end(outcomes.get(kind) ?? 'failed', 0, reason ?? kind);
    } finally {
      permit?.release();
    }
  }
}

/** Counts the packed tokens exactly, whereas a real server estimates them from texts. */
function countTokens(
  { prefixTokens, candidateTokens }: Arrival,
  { tokenBudget }: PolicyLimits,
): number {
  const tokens = candidateTokens.reduce((sum, length) => sum + length, 0);
  const size = { prefixTokens, candidates: candidateTokens.length, candidateTokens: tokens };
  return packedSize(size, tokenBudget);
}

const outcomes: ReadonlyMap<RankError['kind'], Outcome> = new Map([
  ['overloaded', 'rejected'],
  ['deadline-exceeded', 'expired'],
]);

function createReplicas(kind: KindCost, options: ServerOptions): readonly SimulatedReplica[] {
  const { factors, clock, gpuRates = [1] } = options;
  const gpus = Array.from(
    { length: Math.ceil(factors.length / gpuRates.length) },
    () => new SharedGpu(clock, gpuRates),
  );
  return factors.map(
    (factor, i) =>
      new SimulatedReplica({
        name: `${kind.kind}#${i}`,
        weights: kind,
        factor,
        clock,
        gpu: at(gpus, Math.floor(i / gpuRates.length)),
        ...createDraws(kind, options),
      }),
  );
}

/** Used for tables without measured ratios. */
const defaultSpread = 0.1;

/** The random times of one replica. */
function createDraws({ runRatios, handoverMs }: KindCost, { random, spread }: ServerOptions) {
  const spreadRatio = () => drawFactor(random, spread ?? defaultSpread);
  return {
    drawRatio: (spread === undefined ? drawInBlocks(random, runRatios) : undefined) ?? spreadRatio,
    drawHandoverMs: drawInBlocks(random, handoverMs) ?? (() => 0),
  };
}

/** The warm-up sizes: full and small batches of short and long tiles. */
function warmUpSizes(tokenBudget: number) {
  return [1, 4, 16].flatMap((part) =>
    [64, 256].map((keys) => {
      const packedTokens = Math.ceil(tokenBudget / part);
      return { packedTokens, slots: packedTokens * keys };
    }),
  );
}

/** Token ids are never read, so all requests share one array. */
const zeros = new Int32Array(1 << 20);

/** Requests with one list of candidates share their outline: a large fleet has millions of them. */
const outlines = new WeakMap<readonly number[], EncodedRequest>();

function encodeOutline({ prefixTokens, candidateTokens }: Arrival): EncodedRequest {
  const known = outlines.get(candidateTokens);
  if (known?.prefix.length === prefixTokens) {
    return known;
  }
  const encoded = {
    prefix: zeros.subarray(0, prefixTokens),
    candidates: candidateTokens.map((tokens) => ({
      ids: zeros.subarray(0, tokens),
      tokens,
      truncated: false,
    })),
  };
  outlines.set(candidateTokens, encoded);
  return encoded;
}
