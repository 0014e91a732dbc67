import { readFileSync } from 'node:fs';
import { parseConfig } from '../../config/config.ts';
import { formatTable } from '../../base/format-table.ts';
import { parseCostTable } from '../../schedule/costs/cost-table.ts';
import { builtInCost } from '../../simulate/built-in-cost.ts';
import { type FleetPlan, planFleet } from '../../simulate/plan-fleet.ts';
import { type Fleet, simulate } from '../../simulate/simulate.ts';
import type { SimulationReport } from '../../simulate/summarize.ts';
import { rankStored } from '../../simulate/stored-items.ts';
import {
  type Arrival,
  drawArrivals,
  parseShape,
  type RequestShape,
} from '../../simulate/traffic-streams.ts';
import { createRandom } from '../../base/random.ts';
import { parseTraffic } from '../../domain/traffic.ts';
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
  const { cost, servers, factors, encodeMs, spread, seed } = options;
  const table = cost === undefined ? builtInCost : parseCostTable(readFileSync(cost, 'utf8'), cost);
  const isCuda = table.kinds[0]?.kind === 'cuda';
  const config = parseConfig(process.env, [`--devices=${isCuda ? 'cuda:0' : 'cpu:1'}`]);
  const { tokenBudget, lingerMs, agingMs, deferrableWaitMs } = config;
  return {
    servers,
    factors,
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
  return drawArrivals(streams, seconds, createRandom(options.seed));
}

function readShape(text: string): RequestShape {
  try {
    return parseShape(text);
  } catch (error) {
    throw new UsageError(`--shape: ${messageOf(error)}`);
  }
}

function toJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

const share = (value: number) => `${(100 * value).toFixed(1)} %`;
const ms = (value: number) => (Number.isNaN(value) ? '-' : `${Math.round(value)} ms`);

function formatReport(report: SimulationReport): string {
  const { latencyMs, outcomes, reasons, busyShare } = report;
  const counts = (of: Readonly<Record<string, number>>) =>
    Object.entries(of)
      .map(([name, count]) => `${count} ${name}`)
      .join(', ') || 'none';
  const lines = [
    `${report.requests} requests in ${(report.wallMs / 1000).toFixed(1)} s: ${counts(outcomes)}`,
    `not scored, by reason: ${counts(reasons)}`,
    `latency of scored requests: p50 ${ms(latencyMs.p50)}, p95 ${ms(latencyMs.p95)}, p99 ${ms(latencyMs.p99)}`,
    `goodput ${report.goodput.toFixed(1)} candidates/s; padding waste ${share(report.waste)}; ` +
      `${report.batches} batches of ${Math.round(report.tokensPerBatch)} tokens; prediction error ${share(report.predictionError)}`,
    `busiest over least busy replica: ${report.busySpread.toFixed(2)}`,
  ];
  const table = formatTable([
    ['server', 'replica', 'busy'],
    ...busyShare.map(({ server, replica, share: busy }) => [String(server), replica, share(busy)]),
  ]);
  return `${lines.join('\n')}\n${table}\n`;
}

function formatPlan(plan: FleetPlan, { targetP99Ms }: SimulateOptions): string {
  const { replicas, trials, obstacle } = plan;
  if (obstacle !== undefined) {
    return `no number of replicas keeps p99 <= ${targetP99Ms} ms: ${describeObstacle(obstacle)}\n`;
  }
  const table = formatTable([
    ['replicas', 'p99', 'scored', 'busy', 'enough'],
    ...trials.map(({ replicas: tried, report, isEnough }) => [
      String(tried),
      ms(report.latencyMs.p99),
      share((report.outcomes.scored ?? 0) / report.requests),
      share(report.busyShare.reduce((sum, one) => sum + one.share, 0) / report.busyShare.length),
      isEnough ? 'yes' : 'no',
    ]),
  ]);
  const answer =
    replicas === undefined
      ? `no number of replicas that was tried keeps p99 <= ${targetP99Ms} ms with 99 % scored, although one request ` +
        'alone is fast enough: there is too much traffic for these servers; try more of them (--servers)'
      : `${replicas} replicas per server keep p99 <= ${targetP99Ms} ms with 99 % scored`;
  return `${table}\n${answer}\n`;
}

function formatByText(plan: FleetPlan | undefined): string {
  return plan === undefined
    ? ''
    : `the same traffic by text alone: ${plan.replicas ?? 'no number of'} replicas per server\n`;
}

/** Why no plan is possible, and what would help. */
function describeObstacle({
  aloneMs,
  limitMs,
  candidates,
  tokens,
  fitting,
}: NonNullable<FleetPlan['obstacle']>): string {
  const fits =
    fitting.candidates === 0
      ? 'not even one candidate would be in time'
      : `${fitting.candidates} candidates with ${fitting.tokens} tokens would be in time`;
  const faster = (aloneMs / limitMs).toFixed(1);
  return (
    `one request alone (${candidates} candidates, ${tokens} tokens) takes ${Math.round(aloneMs)} ms, over the target ` +
    `of ${limitMs} ms.\nWhat would help: fewer candidates or tokens per request (${fits}), a model or device that is ` +
    `${faster} times as fast, or a target and deadline of at least ${Math.ceil(aloneMs)} ms`
  );
}
