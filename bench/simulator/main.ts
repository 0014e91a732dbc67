import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { simulateFrom } from '../../src/cli/simulate/simulate.ts';
import { formatTable } from '../../src/base/format-table.ts';
import { createAdminClient } from '../../src/client/admin-client.ts';
import type { Latency } from '../../src/simulate/summarize.ts';
import { createRandom } from '../../src/base/random.ts';
import { formatShape, parseTraffic } from '../../src/domain/traffic.ts';
import { describeMachine } from '../../src/eval/measures/machine.ts';
import { median } from '../../src/eval/measures/metrics.ts';
import { type Bench, runPoisson } from '../suite/scenarios/poisson.ts';
import { parseSuiteOptions, type SuiteOptions } from '../suite/scenarios/options.ts';
import { saturate } from '../suite/traffic/play.ts';
import type { ScenarioResult } from '../suite/scenarios/run-scenario.ts';
import { Sender } from '../suite/traffic/sender.ts';
import { type Stand, startStand } from '../suite/server/stand.ts';
import { ensureTinyModel } from '../suite/server/tiny-model.ts';
import { createRequestMaker } from '../suite/traffic/request-maker.ts';
import { compareFleet } from './compare-fleet.ts';

/**
 * Compares the simulator with a server: rounds of Poisson arrivals on one replica at 0.7 of its
 * capacity. Each round is then simulated with the traffic that the server captured and the costs
 * that it had learnt by the end of the round. The options are those of the load suite.
 */

const rounds = 3;
const seeds = [1, 2, 3, 4, 5];
const load = 0.7;
const callTimeoutMs = 30_000;
/** The server writes its capture once a second. */
const captureMs = 2_500;

interface Round {
  readonly real: ScenarioResult;
  /** One result for each seed. */
  readonly simulated: readonly Latency[];
}

async function main(args: readonly string[]): Promise<void> {
  const options = parseSuiteOptions(args);
  await mkdir(options.out, { recursive: true });
  const model = options.model === 'tiny' ? await ensureTinyModel(options.out, say) : options.model;
  const traffic = join(options.out, `traffic-${process.pid}.jsonl`);
  const stand = await startStand({
    SLMRANK_MODEL: model,
    SLMRANK_DEVICES: 'cpu:1',
    SLMRANK_CACHE_ENTRIES: '0',
    SLMRANK_CAPTURE: traffic,
  });
  const sender = new Sender(stand.address, options.connections);
  try {
    await sender.connect(callTimeoutMs);
    const bench = await openBench({ options, stand, sender, model });
    const done: Round[] = [];
    for (let i = 1; i <= rounds; i++) {
      done.push(await runRound(bench, `round-${i}`, traffic));
    }
    await writeFile(join(options.out, 'simulator.json'), toJson(options, done));
    process.stdout.write(`${formatTable([head, ...done.flatMap(rowsOf)])}\n`);
  } finally {
    sender.close();
    await stand.stop();
  }
}

/** Measures the capacity in a closed loop, from which the server also learns what runs cost. */
async function openBench({
  options,
  stand,
  sender,
  model,
}: Pick<Bench, 'stand' | 'sender'> & {
  readonly options: SuiteOptions;
  readonly model: string;
}): Promise<Bench> {
  const maker = await createRequestMaker(model, createRandom(options.seed));
  const { candidates, tokens } = options;
  const mix = { candidates, medianTokens: tokens, spread: 0.35, mostTokens: 512 };
  const messages = maker.messages(mix, 64);
  const seconds = options.seconds / 2;
  const ends = await saturate(sender, 'saturation', { messages, inFlight: 8, seconds });
  const capacity = ends.filter(({ status }) => status === 'OK').length / seconds;
  return { options, stand, sender, maker, mix, messages, capacity, say };
}

async function runRound(bench: Bench, name: string, traffic: string): Promise<Round> {
  const { options, stand, capacity } = bench;
  const stretches = [{ seconds: options.seconds, perSecond: load * capacity }];
  const before = await countLines(traffic);
  const real = await runPoisson(bench, { name, note: `${load} of capacity`, stretches });
  await new Promise((resolve) => setTimeout(resolve, captureMs));
  const cost = join(options.out, 'costs.json');
  await writeFile(cost, JSON.stringify(await learntCosts(stand)));
  const trace = join(options.out, 'trace.jsonl');
  await writeFile(trace, await linesAfter(traffic, before));
  const simulated: Latency[] = [];
  for (const seed of seeds) {
    const words = ['--cost', cost, '--trace', trace, '--replicas', '1', '--seed', String(seed)];
    simulated.push((await simulateFrom(words)).latencyMs);
  }
  return { real, simulated };
}

async function learntCosts(stand: Stand) {
  const admin = createAdminClient(stand.adminAddress() ?? '', callTimeoutMs);
  try {
    return await admin.costs();
  } finally {
    admin.close();
  }
}

async function countLines(file: string): Promise<number> {
  return (await readFile(file, 'utf8')).split('\n').length - 1;
}

/**
 * The captured requests after line `count` that have a deadline. Those of the closed loop have
 * none, and some may have been written late.
 */
async function linesAfter(file: string, count: number): Promise<string> {
  const lines = (await readFile(file, 'utf8')).split('\n').slice(count, -1);
  const shapes = parseTraffic(`${lines.join('\n')}\n`, file);
  return shapes
    .flatMap((shape) => (shape.deadlineMs === undefined ? [] : formatShape(shape)))
    .join('');
}

const quantileNames = ['p50', 'p95', 'p99'] as const;
const head = ['', ...quantileNames, 'sent', 'late by p99'];

function rowsOf({ real, simulated }: Round): readonly (readonly string[])[] {
  const { latencyMs, lagMs, sent } = real.summary;
  const ms = (value: number | undefined) => `${value?.toFixed(0) ?? '-'} ms`;
  return [
    [real.name, ...quantileNames.map((q) => ms(latencyMs?.[q])), String(sent), ms(lagMs?.p99)],
    [
      `  simulated, median of ${simulated.length}`,
      ...quantileNames.map((q) => ms(median(simulated.map((latency) => latency[q])))),
      '',
      '',
    ],
  ];
}

function toJson(options: SuiteOptions, done: readonly Round[]): string {
  const found = done.map(({ real, simulated }) => {
    const { latencyMs, lagMs, sent, counts } = real.summary;
    return { name: real.name, sent, counts, latencyMs, lagMs, runs: real.runs, simulated };
  });
  return `${JSON.stringify({ machine: describeMachine(), options, rounds: found }, null, 2)}\n`;
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

const words = process.argv.slice(2);
await (words.some((word) => word.startsWith('--servers')) ? compareFleet(words) : main(words));
