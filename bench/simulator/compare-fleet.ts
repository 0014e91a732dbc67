import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { at } from '../../src/base/at.ts';
import { formatTable } from '../../src/base/format-table.ts';
import { createRandom } from '../../src/base/random.ts';
import { parseOnlyOptions } from '../../src/cli/shared/usage.ts';
import { parseNumber } from '../../src/cli/shared/option-values.ts';
import { simulateFrom } from '../../src/cli/simulate/simulate.ts';
import { formatShape } from '../../src/domain/traffic.ts';
import { describeMachine } from '../../src/eval/measures/machine.ts';
import { median } from '../../src/eval/measures/metrics.ts';
import type { CostTable } from '../../src/schedule/costs/cost.ts';
import type { SimulationReport } from '../../src/simulate/summarize.ts';
import {
  channels,
  cost,
  deadlineMs,
  type RealRound,
  replicas,
  type RoundPlan,
  runReal,
  spread,
} from './real-fleet.ts';

const usage = `Usage: npm run bench:simulator -- --servers N [OPTIONS]

Compares a simulated fleet with a real one: N servers on this machine whose replicas wait as long as a cost table says,
called at Poisson moments by four channels with our service config. Writes fleet.json.

  --servers N      servers of two replicas
  --seconds N      length of a round (default: 16)
  --rounds LIST    names of rounds, separated by commas (default: all)
  --seed N         seed of arrivals and run times (default: 1)
  --out DIR        where the result is written (default: bench/out/simulator)`;

const quantiles = [0.5, 0.95, 0.99] as const;
const seeds = [1, 2, 3, 4, 5];

interface Compared {
  readonly plan: RoundPlan;
  readonly sent: number;
  readonly lateByP99Ms: number;
  readonly callMs: number;
  readonly real: Measured;
  /** The median of all seeds. */
  readonly simulated: Measured;
  /** Of p99: 95 % of resamples of the measured requests, and the least and most of the seeds. */
  readonly p99: { readonly bootstrap: readonly number[]; readonly seeds: readonly number[] };
}

interface Measured {
  /** p50, p95, p99 of scored requests. */
  readonly latencyMs: readonly number[];
  readonly scored: number;
}

export async function compareFleet(args: readonly string[]): Promise<void> {
  const text = { type: 'string' } as const;
  const values = parseOnlyOptions(args, usage, {
    servers: text,
    seconds: { ...text, default: '16' },
    rounds: text,
    seed: { ...text, default: '1' },
    out: { ...text, default: 'bench/out/simulator' },
  });
  const servers = parseNumber('servers', values.servers ?? '4', { min: 2, max: 16, whole: true });
  const seconds = parseNumber('seconds', values.seconds, { min: 2, max: 600 });
  const seed = parseNumber('seed', values.seed, { max: 1e6, whole: true });
  const names = values.rounds?.split(',');
  await mkdir(values.out, { recursive: true });
  const rounds: [RoundPlan, RealRound][] = [];
  for (const plan of plansOf(servers, seconds)) {
    if (names === undefined || names.includes(plan.name)) {
      process.stderr.write(`${plan.name}\n`);
      rounds.push([plan, await runReal(plan, values.out, seed)]);
    }
  }
  const compared: Compared[] = [];
  for (const [plan, real] of rounds) {
    compared.push(await compare(plan, real, values.out));
  }
  const result = {
    machine: describeMachine(),
    servers,
    replicas,
    channels,
    cost,
    spread,
    compared,
  };
  await writeFile(join(values.out, 'fleet.json'), `${JSON.stringify(result, null, 2)}\n`);
  process.stdout.write(`${formatTable([head, ...compared.flatMap(rowsOf)])}\n`);
}

function plansOf(servers: number, seconds: number): readonly RoundPlan[] {
  const equal = new Array<number>(servers).fill(1);
  const unequal = [2, ...equal.slice(1)];
  const rr = { policy: 'round_robin', seconds, factors: equal } as const;
  const kill = { atSeconds: seconds / 4, untilSeconds: seconds / 2 };
  return [
    ...[0.5, 0.7, 0.85].map((load) => ({ ...rr, name: `equal-${load}`, load })),
    { ...rr, name: 'killed-0.5', load: 0.5, kill },
    {
      name: 'slow-0.7',
      policy: 'weighted_round_robin',
      load: 0.7,
      seconds: 2 * seconds,
      factors: unequal,
    },
  ];
}

async function compare(plan: RoundPlan, real: RealRound, out: string): Promise<Compared> {
  const { sent } = real;
  const latencies = sent
    .filter(({ outcome }) => outcome === 'scored')
    .map(({ endedAtMs, dueAtMs }) => endedAtMs - dueAtMs);
  const reports = await simulateRound(plan, real, out);
  const each = (pick: (report: SimulationReport) => number) => median(reports.map(pick));
  return {
    plan,
    sent: sent.length,
    callMs: real.callMs,
    lateByP99Ms: quantileOf(
      sent.map(({ sentAtMs, dueAtMs }) => sentAtMs - dueAtMs),
      0.99,
    ),
    real: {
      latencyMs: quantiles.map((q) => quantileOf(latencies, q)),
      scored: latencies.length / sent.length,
    },
    simulated: {
      latencyMs: [
        each(({ latencyMs }) => latencyMs.p50),
        each(({ latencyMs }) => latencyMs.p95),
        each(({ latencyMs }) => latencyMs.p99),
      ],
      scored: each(({ outcomes, requests }) => (outcomes.scored ?? 0) / requests),
    },
    p99: {
      bootstrap: bootstrap(latencies),
      seeds: reports.map(({ latencyMs }) => latencyMs.p99).sort((a, b) => a - b),
    },
  };
}

/** The arrivals, costs, policy and failures of a real round, simulated with several seeds. */
async function simulateRound(
  plan: RoundPlan,
  { arrivals, encodeMs, handoverMs, callMs, backAtSeconds }: RealRound,
  out: string,
): Promise<readonly SimulationReport[]> {
  const kind = { kind: 'cpu', runs: 1, slotsPerToken: 0, runRatios: [], ...cost, handoverMs };
  const table: CostTable = { format: 1, kinds: [kind], replicas: [], encodeMs };
  const lines = arrivals.map((arrival) =>
    formatShape({ ...arrival, suffixTokens: 0, deadlineMs, class: 'interactive' }),
  );
  const slow = plan.factors.flatMap((factor, first) =>
    factor === 1
      ? []
      : { kind: 'slow', first, servers: 1, factor, atSeconds: 0, untilSeconds: 86_400 },
  );
  const { kill } = plan;
  const crash =
    kill === undefined
      ? []
      : [{ kind: 'crash', servers: 1, atSeconds: kill.atSeconds, untilSeconds: backAtSeconds }];
  const files = {
    '--cost': JSON.stringify(table),
    '--trace': lines.join(''),
    '--failures': JSON.stringify({ failures: [...slow, ...crash] }),
  };
  const words = ['--servers', String(plan.factors.length), '--replicas', String(replicas)];
  for (const [flag, content] of Object.entries(files)) {
    const file = join(out, `${plan.name}${flag}`);
    await writeFile(file, content);
    words.push(flag, file);
  }
  // The real clients are of grpc-js.
  const policy = plan.policy === 'round_robin' ? plan.policy : `grpc_js_${plan.policy}`;
  words.push('--policy', policy, '--channels', String(channels), '--spread', String(spread));
  // As deploy/client-service-config.json says for grpc-js.
  words.push('--blackout', '0', '--call-ms', String(callMs));
  const reports: SimulationReport[] = [];
  for (const seed of seeds) {
    reports.push(await simulateFrom([...words, '--seed', String(seed)]));
  }
  return reports;
}

/** As long as the longest queue of the rounds: neighbours wait for the same runs. */
const block = 50;
const resamples = 400;

/** The interval of p99 in which 95 % of resamples of blocks of neighbouring requests lie. */
function bootstrap(latencies: readonly number[]): readonly number[] {
  const random = createRandom(1);
  const found = Array.from({ length: resamples }, () => {
    const sample: number[] = [];
    while (sample.length < latencies.length) {
      const start = Math.floor(random() * latencies.length);
      for (let i = 0; i < block; i++) {
        sample.push(at(latencies, (start + i) % latencies.length));
      }
    }
    return quantileOf(sample, 0.99);
  });
  return [quantileOf(found, 0.025), quantileOf(found, 0.975)];
}

function quantileOf(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return at(sorted, Math.min(sorted.length - 1, Math.floor(share * sorted.length)));
}

const head = ['round', '', 'p50', 'p95', 'p99', '95 % of p99', 'scored', 'requests', 'late by p99'];

function rowsOf({ plan, sent, real, simulated, p99, lateByP99Ms }: Compared) {
  const ms = (value: number) => `${value.toFixed(0)} ms`;
  const between = (values: readonly number[]) =>
    `${ms(at(values, 0))} to ${ms(values.at(-1) ?? 0)}`;
  const share = (value: number) => `${(100 * value).toFixed(1)} %`;
  const ratios = real.latencyMs.map((value, i) => (at(simulated.latencyMs, i) / value).toFixed(2));
  return [
    [
      plan.name,
      'real',
      ...real.latencyMs.map(ms),
      between(p99.bootstrap),
      share(real.scored),
      String(sent),
      ms(lateByP99Ms),
    ],
    ['', 'simulated', ...simulated.latencyMs.map(ms), between(p99.seeds), share(simulated.scored)],
    ['', 'ratio', ...ratios],
  ].map((row) => [...row, ...new Array<string>(head.length - row.length).fill('')]);
}
