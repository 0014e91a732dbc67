import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../../src/base/errors.ts';
import { formatTable } from '../../src/base/format-table.ts';
import { createRandom } from '../../src/base/random.ts';
import { createRankingClient } from '../../src/client/client.ts';
import { parseDeviceSlots } from '../../src/config/device-slots.ts';
import { parseTraffic } from '../../src/domain/traffic.ts';
import { describeMachine } from '../../src/eval/measures/machine.ts';
import { type EngineRate, fillBatches, measureEngine } from './engine/engine.ts';
import { parseSuiteOptions, type SuiteOptions } from './scenarios/options.ts';
import { formatSuitePage } from './page.ts';
import { compare, type Compared, judge, keyNumbers, type SuiteReport } from './report.ts';
import type { Bench } from './scenarios/poisson.ts';
import { runScenario, type ScenarioResult } from './scenarios/run-scenario.ts';
import { scenarios } from './scenarios/scenarios.ts';
import { openStand, type Stand, startStand } from './server/stand.ts';
import { ensureTinyModel } from './server/tiny-model.ts';
import { play, saturate } from './traffic/play.ts';
import { createRequestMaker } from './traffic/request-maker.ts';
import { Sender } from './traffic/sender.ts';
import { drawShape } from './traffic/shapes.ts';

const differentRequests = 64;
/** The server's default on CPU. The bare engine runs batches of the same size. */
const tokenBudget = 1024;
const callTimeoutMs = 30_000;

/** Resolves to the exit status. */
async function main(args: readonly string[]): Promise<number> {
  const options = parseSuiteOptions(args);
  await mkdir(options.out, { recursive: true });
  const model = options.model === 'tiny' ? await ensureTinyModel(options.out, say) : options.model;
  const isOurs = options.address === undefined;
  const engine =
    isOurs && options.replay === undefined ? await runEngine(model, options) : undefined;
  const stand = isOurs
    ? await startStand({
        SLMRANK_MODEL: model,
        SLMRANK_DEVICES: options.devices,
        SLMRANK_TOKEN_BUDGET: String(tokenBudget),
        SLMRANK_CACHE_ENTRIES: '0',
      })
    : openStand(options.address, options.metrics);
  try {
    const report = await runAll(stand, engine, { options, model });
    return await save(report);
  } finally {
    await stand.stop();
  }
}

function mixOf({ candidates, tokens }: SuiteOptions) {
  return { candidates, medianTokens: tokens, spread: 0.35, mostTokens: 512 };
}

/** Undefined if a replica does not run on the CPU. */
async function runEngine(modelDir: string, options: SuiteOptions): Promise<EngineRate | undefined> {
  const slots = parseDeviceSlots(options.devices);
  if (slots.some(({ provider }) => provider !== 'cpu')) {
    return undefined;
  }
  const maker = await createRequestMaker(modelDir, createRandom(options.seed));
  const requests = Array.from({ length: differentRequests }, () =>
    maker.encode(drawShape(mixOf(options), maker.random)),
  );
  const task = {
    modelDir,
    threads: slots[0]?.threads ?? 1,
    batches: fillBatches(requests, tokenBudget),
    seconds: options.seconds / 4,
  };
  say(`bare engine: ${task.batches.length} batches in turn on ${slots.length} replicas`);
  const rate = await measureEngine(task, slots.length);
  say(`bare engine: ${rate.candidatesPerSecond.toFixed(0)} candidates/s`);
  return rate;
}

/** The mean of the rates before and after saturation, since the machine's speed may change. */
function meanRate(before: EngineRate, after: EngineRate | undefined): EngineRate {
  const rates = [before, after ?? before].map(({ candidatesPerSecond }) => candidatesPerSecond);
  return { ...before, candidatesPerSecond: rates.reduce((a, b) => a + b, 0) / rates.length };
}

async function runAll(
  stand: Stand,
  engineBefore: EngineRate | undefined,
  { options, model }: { readonly options: SuiteOptions; readonly model: string },
): Promise<SuiteReport> {
  const maker = await createRequestMaker(model, createRandom(options.seed));
  const mix = mixOf(options);
  const messages = maker.messages(mix, differentRequests);
  const client = createRankingClient(stand.address);
  const info = await client.getInfo(callTimeoutMs);
  client.close();
  const sender = new Sender(stand.address, options.connections);
  await sender.connect(callTimeoutMs);
  const base = { options, stand, sender, maker, mix, messages, say };
  const results: ScenarioResult[] = [];
  let capacity = 0;
  let engine = engineBefore;
  if (options.replay === undefined) {
    const saturated = await runSaturation({ ...base, capacity }, info.replicas.length);
    engine = engine && meanRate(engine, await runEngine(model, options));
    capacity = saturated.summary.candidatesPerSecond / options.candidates;
    results.push(saturated);
    printResult(saturated);
    for (const name of options.scenarios) {
      const found = await scenarios[name]({ ...base, capacity });
      found.forEach(printResult);
      results.push(...found);
    }
  } else {
    results.push(await runReplay({ ...base, capacity }, options.replay));
    results.forEach(printResult);
  }
  sender.close();
  const replicas = info.replicas.map(({ deviceSlot }) => deviceSlot).join(', ');
  const machine = describeMachine();
  return {
    options,
    machine,
    model: info.model,
    replicas,
    engine,
    capacity,
    scenarios: results,
    memory: stand.memory,
  };
}

/** Keeps enough requests in flight that every replica always has its next batch waiting. */
async function runSaturation(bench: Bench, replicas: number): Promise<ScenarioResult> {
  const { options, stand, sender, messages } = bench;
  const inFlight = 8 * Math.max(1, replicas);
  const note = `${inFlight} requests in flight`;
  bench.say(`saturation: ${note}`);
  await saturate(sender, 'warm', { messages, inFlight, seconds: 2 });
  const seconds = options.seconds / 2;
  const words = { name: 'saturation', generator: 'closed loop', note } as const;
  return runScenario(stand, { ...words, seconds, deadlineMs: Infinity }, () =>
    saturate(sender, 'saturation', { messages, inFlight, seconds }),
  );
}

async function runReplay(bench: Bench, file: string): Promise<ScenarioResult> {
  const { options, stand, sender, maker } = bench;
  const plan = maker.replay(parseTraffic(await readFile(file, 'utf8'), file), options.speed);
  const seconds = Math.max(0.001, (plan.at(-1)?.atMs ?? 0) / 1000);
  const note =
    `${plan.length} captured requests in ${seconds.toFixed(0)} s, ` +
    `at ${options.speed} times their speed`;
  bench.say(`replay: ${note}`);
  // A request has its captured deadline. Without one it is never late.
  return runScenario(
    stand,
    { name: 'replay', generator: 'replay', note, seconds, deadlineMs: Infinity },
    () => play(sender, 'replay', plan),
  );
}

function printResult({ name, summary, account, runs }: ScenarioResult): void {
  const { offeredPerSecond, goodputPerSecond, latencyMs, lagMs } = summary;
  const counts = Object.entries(account.counts).filter(([, count]) => count > 0);
  say(
    `${name}: ${offeredPerSecond.toFixed(1)}/s offered, ${goodputPerSecond.toFixed(1)}/s in time, ` +
      `p50 ${latencyMs?.p50.toFixed(0) ?? '-'} p99 ${latencyMs?.p99.toFixed(0) ?? '-'} ms, ` +
      `sent late by p99 ${lagMs?.p99.toFixed(0) ?? '-'} ms, busy replicas ${runs?.busyReplicas.toFixed(2) ?? '-'}, ` +
      `${runs?.tokensPerBatch.toFixed(0) ?? '-'} tokens a batch, ${runs?.msPerThousandTokens.toFixed(0) ?? '-'} ms per 1000, ` +
      `${runs?.runPerAnswered.toFixed(2) ?? '-'} run per answered, front end busy ${runs?.frontEndBusy.toFixed(2) ?? '-'}; ` +
      counts.map(([outcome, count]) => `${outcome} ${count}`).join(', ') +
      (account.problems.length === 0 ? '' : `; PROBLEMS: ${account.problems.join('; ')}`),
  );
}

/** Resolves to the exit status: 1 if a request is not accounted for. */
async function save(report: SuiteReport): Promise<number> {
  const { options } = report;
  const numbers = keyNumbers(report);
  const compared: readonly Compared[] =
    options.baseline === undefined
      ? []
      : compare(parseNumbers(await readFile(options.baseline, 'utf8')), numbers);
  const aims = judge(report);
  const out = join(options.out, 'suite');
  await writeFile(`${out}.json`, `${JSON.stringify({ ...report, aims, numbers, compared })}\n`);
  await writeFile(`${out}.html`, formatSuitePage(report, compared));
  if (options.saveBaseline !== undefined) {
    await writeFile(options.saveBaseline, `${JSON.stringify({ numbers }, undefined, 1)}\n`);
  }
  const aimRows = aims.map(({ what, found, holds }) => [holds ? 'holds' : 'MISSED', what, found]);
  process.stdout.write(`\n${formatTable(aimRows)}\n`);
  const comparedRows = compared.map(({ name, before, now, ratio }) => [
    name,
    before.toFixed(1),
    now.toFixed(1),
    `x ${ratio.toFixed(3)}`,
  ]);
  process.stdout.write(comparedRows.length === 0 ? '' : `\n${formatTable(comparedRows)}\n`);
  process.stdout.write(`Saved ${out}.json and .html\n`);
  return report.scenarios.some(({ account }) => account.problems.length > 0) ? 1 : 0;
}

function parseNumbers(text: string): Readonly<Record<string, number>> {
  return (JSON.parse(text) as { numbers: Record<string, number> }).numbers;
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`load:suite: ${messageOf(error)}\n`);
  process.exitCode = 2;
}
