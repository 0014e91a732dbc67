import { readFileSync } from 'node:fs';
import { parseConfig } from '../../config/config.ts';
import { parseCostTable } from '../../schedule/costs/cost-table.ts';
import { builtInCost } from '../../simulate/server/built-in-cost.ts';
import { planFleet } from '../../simulate/plan-fleet.ts';
import { type Balancing, type Fleet, simulate } from '../../simulate/simulate.ts';
import { defaultRetryPolicy } from '../../simulate/balance/backoff.ts';
import { defaultWeightRules } from '../../simulate/balance/weight.ts';
import { type Failure, parseFailures } from '../../simulate/fleet/failures.ts';
import {
  burstCurve,
  dayCurve,
  multiply,
  type RateCurve,
  steady,
} from '../../simulate/traffic/rate.ts';
import type { SimulationReport } from '../../simulate/summarize.ts';
import { rankStored } from '../../simulate/traffic/stored-items.ts';
import {
  type Arrival,
  drawArrivals,
  parseShape,
  type RequestShape,
} from '../../simulate/traffic/traffic-streams.ts';
import { createRandom } from '../../base/random.ts';
import { parseTraffic } from '../../domain/traffic.ts';
import { formatByText, formatPlan, formatReport, toJson } from './simulate-report.ts';
import { parseSimulateOptions, type SimulateOptions } from './simulate-options.ts';
import { UsageError } from '../shared/usage.ts';
import { messageOf } from '../../base/errors.ts';

/** Those of models built by default. A model's own buckets would change the results little. */
const buckets = [16, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048];
const attentionGroups = 4;

export async function run(args: readonly string[]): Promise<number> {
  const options = parseSimulateOptions(args);
  const arrivals = readArrivals(options);
  const fleet = toFleet(options);
  if (options.plan) {
    const goal = { p99Ms: options.targetP99Ms, scored: 0.99, mostReplicas: 1_024 };
    const plan = await planFleet(fleet, arrivals, goal);
    const byText =
      options.byId > 0
        ? await planFleet(fleet, readArrivals({ ...options, byId: 0 }), goal)
        : undefined;
    process.stdout.write(
      options.json
        ? toJson(byText === undefined ? plan : { ...plan, byText })
        : formatPlan(plan, options) + formatByText(byText),
    );
    return plan.replicas === undefined ? 1 : 0;
  }
  const { report } = await simulate(fleet, arrivals);
  process.stdout.write(options.json ? toJson(report) : formatReport(report));
  return 0;
}

/** Simulates what the options of `slmrank simulate` say, for other programs. */
export async function simulateFrom(args: readonly string[]): Promise<SimulationReport> {
  const options = parseSimulateOptions(args);
  return (await simulate(toFleet(options), readArrivals(options))).report;
}

function toFleet(options: SimulateOptions): Fleet {
  const { cost, servers, factors, gpuRates, encodeMs, spread, seed } = options;
  const table = cost === undefined ? builtInCost : parseCostTable(readFileSync(cost, 'utf8'), cost);
  const isCuda = table.kinds[0]?.kind === 'cuda';
  const config = parseConfig(process.env, [`--devices=${isCuda ? 'cuda:0' : 'cpu:1'}`]);
  const { tokenBudget, lingerMs, agingMs, deferrableWaitMs } = config;
  return {
    servers,
    factors,
    gpuRates,
    balancing: toBalancing(options),
    failures: readFailures(options),
    encodeMs,
    spread,
    seed,
    buckets,
    cost: table,
    policy: {
      tokenBudget,
      lingerMs,
      agingMs,
      attentionGroups,
      shareTokens: Math.ceil(tokenBudget / 4),
      deferrableWaitMs: deferrableWaitMs || Number.POSITIVE_INFINITY,
    },
    queue: { candidates: config.queuedCandidates, tokens: config.queuedTokens },
  };
}

function toBalancing({
  policy,
  channels,
  subset,
  blackoutMs,
  attempts,
  callMs,
}: SimulateOptions): Balancing {
  const weights = { ...defaultWeightRules, blackoutMs };
  const retry = { ...defaultRetryPolicy, maxAttempts: attempts };
  return { policy, channels, subset, weights, retry, callMs };
}

/** @throws UsageError for a replica that the servers do not have. */
function readFailures({ failures: file, factors }: SimulateOptions): readonly Failure[] {
  const read = file === undefined ? [] : parseFailures(readFileSync(file, 'utf8'), file);
  read.forEach((failure, place) => {
    const { length } = factors;
    if (failure.kind === 'slow' && (failure.replica ?? 0) >= length) {
      throw new UsageError(
        `${file}: 'failures[${place}].replica' is ${failure.replica}; each server has ${length}, ` +
          'counted from 0 (--replicas, --factors)',
      );
    }
  });
  return read;
}

/** @throws UsageError when a --shape is malformed. */
function readArrivals(options: SimulateOptions): readonly Arrival[] {
  const { byId: share, suffixTokens, seed } = options;
  const itemTokens = options.itemTokens ?? parseConfig(process.env, []).itemTokens;
  const stored = { share, candidateTokens: itemTokens + suffixTokens };
  return rankStored(readTraffic(options), stored, createRandom(seed));
}

function readTraffic(options: SimulateOptions): readonly Arrival[] {
  const { trace, suffixTokens, clients, rps, deferrableRps, deadlineMs, seconds } = options;
  if (trace !== undefined) {
    return parseTraffic(readFileSync(trace, 'utf8'), trace).map((shape) => ({
      ...shape,
      client: '',
      candidateTokens: shape.candidateTokens.map(
        (tokens) => tokens + (shape.suffixTokens ?? suffixTokens),
      ),
    }));
  }
  const shapes = options.shapes.map(readShape);
  const interactive = Array.from({ length: clients }, (_, i) => ({
    client: `client-${i}`,
    class: 'interactive' as const,
    shapes,
    deadlineMs,
    requestsPerSecond: rps / clients,
  }));
  const deferrable = {
    client: 'deferrable',
    class: 'deferrable' as const,
    shapes,
    deadlineMs: undefined,
    requestsPerSecond: deferrableRps,
  };
  const streams = deferrableRps > 0 ? [...interactive, deferrable] : interactive;
  const random = createRandom(options.seed);
  return drawArrivals(streams, seconds, random, toCurve(options));
}

function toCurve({ isDay, bursts, seconds, seed }: SimulateOptions): RateCurve {
  const curve = isDay ? dayCurve(1_000 * seconds) : steady;
  return bursts === 1
    ? curve
    : multiply(curve, burstCurve(createRandom(seed + 1), 1_000 * seconds, bursts));
}

function readShape(text: string): RequestShape {
  try {
    return parseShape(text);
  } catch (error) {
    throw new UsageError(`--shape: ${messageOf(error)}`);
  }
}
