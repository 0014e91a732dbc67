import { at } from '../../src/base/at.ts';
import { createRandom } from '../../src/base/random.ts';
import { parseConfig } from '../../src/config/config.ts';
import { costOf } from '../../src/schedule/costs/cost-fit.ts';
import { defaultRetryPolicy } from '../../src/simulate/balance/backoff.ts';
import type { BalancingPolicy } from '../../src/simulate/balance/pick.ts';
import { defaultWeightRules } from '../../src/simulate/balance/weight.ts';
import type { Failure } from '../../src/simulate/fleet/failures.ts';
import { packReal } from '../../src/simulate/server/simulated-replica.ts';
import type { Ending } from '../../src/simulate/server/simulated-server.ts';
import { type Fleet, simulate } from '../../src/simulate/simulate.ts';
import { type RateCurve, steady } from '../../src/simulate/traffic/rate.ts';
import { drawArrivals, parseShape } from '../../src/simulate/traffic/traffic-streams.ts';
import { fullBatch } from './measured.ts';
import type { Step } from './steps.ts';

/** The longest that a request may take, and its deadline. */
export const targetMs = 500;
/** The share of requests that must be answered within it. */
export const enough = 0.99;
/** Assumed: the time from a call until its request is queued, and from the run to the client. */
const encodeMs = 5;
/** The spread of run times around their cost: the bare engine's p99 was 5 % above its mean. */
const spread = 0.03;
/** Requests that arrive earlier are not counted. */
const warmUpMs = 2_000;

export interface Trial {
  readonly servers: number;
  /** Items ranked a second by each GPU. */
  readonly itemsPerGpu: number;
  readonly seconds: number;
  readonly policy?: BalancingPolicy;
  readonly curve?: RateCurve;
  readonly failures?: readonly Failure[];
  readonly seed?: number;
  readonly channels?: number;
}

export interface Outcome {
  readonly requests: number;
  /** The share of all requests answered within the target. */
  readonly inTime: number;
  /** p50, p95, p99 of all requests, those without an answer counted as endless. */
  readonly latencyMs: readonly number[];
  readonly busy: number;
  readonly tokensPerBatch: number;
}

export interface Ran {
  readonly outcome: Outcome;
  readonly endings: readonly Ending[];
}

export async function runTrial(step: Step, trial: Trial): Promise<Ran> {
  const { servers, itemsPerGpu, seconds, curve = steady, seed = 1 } = trial;
  const stream = {
    client: 'search',
    class: 'interactive',
    requestsPerSecond: (servers * step.gpus * itemsPerGpu) / step.ranked,
    shapes: [parseShape(step.shape)],
    deadlineMs: targetMs,
  } as const;
  const arrivals = drawArrivals([stream], seconds, createRandom(seed), curve);
  const { report, endings } = await simulate(fleetOf(step, trial), arrivals);
  const counted = endings.filter(({ arrival }) => arrival.atMs >= warmUpMs);
  const latencies = counted.map(latencyOf).sort((a, b) => a - b);
  const quantile = (share: number) => at(latencies, Math.floor(share * (latencies.length - 1)));
  const shares = report.busyShare.map(({ share }) => share);
  const outcome = {
    requests: counted.length,
    inTime: counted.filter((ending) => latencyOf(ending) <= targetMs).length / counted.length,
    latencyMs: [quantile(0.5), quantile(0.95), quantile(0.99)],
    busy: shares.reduce((sum, one) => sum + one, 0) / shares.length,
    tokensPerBatch: report.tokensPerBatch,
  };
  return { outcome, endings };
}

export function latencyOf({ outcome, latencyMs }: Ending): number {
  return outcome === 'scored' ? latencyMs : Number.POSITIVE_INFINITY;
}

function fleetOf(step: Step, trial: Trial): Fleet {
  const { servers, policy = 'weighted_round_robin', failures, seed = 1, channels = 48 } = trial;
  const { cost, tokenBudget, replicas, gpuRates } = step;
  const config = parseConfig({}, ['--devices=cuda:0']);
  const { lingerMs, agingMs, queuedCandidates, queuedTokens } = config;
  return {
    servers,
    cost: { format: 1, kinds: [cost], replicas: [], encodeMs: [] },
    factors: new Array<number>(replicas).fill(1),
    gpuRates,
    spread,
    encodeMs,
    seed,
    failures,
    pack: packReal,
    buckets: [16, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048],
    policy: {
      tokenBudget,
      lingerMs,
      agingMs,
      attentionGroups: 4,
      shareTokens: Math.ceil(tokenBudget / 4),
      deferrableWaitMs: Number.POSITIVE_INFINITY,
    },
    queue: { candidates: queuedCandidates, tokens: queuedTokens },
    balancing: {
      policy,
      channels,
      weights: defaultWeightRules,
      retry: defaultRetryPolicy,
      callMs: 0,
    },
  };
}

/** Items a second of one GPU that always runs full batches. */
export function capacityOf({ cost, shape, tokenBudget, ranked, gpuRates }: Step): number {
  const { candidates, ...size } = fullBatch(shape, tokenBudget);
  const items = candidates * (ranked / parseShape(shape).candidates);
  return (1_000 * items * (gpuRates?.at(-1) ?? 1)) / costOf(cost, size);
}
