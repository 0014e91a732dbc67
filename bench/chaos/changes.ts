import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { at } from '../../src/base/at.ts';
import { systemClock } from '../../src/base/clock.ts';
import type { ChaosOptions, ChaosResult } from './chaos.ts';
import { chaosModel } from './chaos-model.ts';
import { startLoad } from './checked-load.ts';
import { Ledger } from './ledger.ts';
import { type Served, serve } from './served.ts';
import { sleep } from './wait.ts';

const calmMs = 3000;
/** Targets in turn: more replicas, fewer, and other numbers of threads. */
const targets = ['cpu:3', 'cpu:1', 'cpu:2', 'cpu:1x2', 'cpu:4', 'cpu:2x2', 'cpu:2'];

/** Resizes the pool through the admin address, under load. */
export async function resizePool(model: string, options: ChaosOptions): Promise<ChaosResult> {
  return await changeUnderLoad(model, options, async ({ admin }, i) => {
    const target = at(targets, i % targets.length);
    const pool = await admin.setReplicas({ devices: target }, () => undefined);
    options.onStep(`${i + 1} of ${options.count}: ${target}, ${pool.replicas.length} replicas`);
  });
}

/**
 * Swaps two models through the admin address, under load. With `--model DIR`, the same model is
 * loaded again each time.
 */
export async function swapModels(model: string, options: ChaosOptions): Promise<ChaosResult> {
  const other = await chaosModel(options.model, 'qwen3', options.out);
  return await changeUnderLoad(model, options, async ({ admin }, i) => {
    const pool = await admin.loadModel(i % 2 === 0 ? other : model, () => undefined);
    options.onStep(`${i + 1} of ${options.count}: ${pool.model}`);
  });
}

async function changeUnderLoad(
  model: string,
  options: ChaosOptions,
  change: (served: Served, i: number) => Promise<void>,
): Promise<ChaosResult> {
  const served = await serve({ model, devices: options.devices, isMortal: false });
  const ledger = new Ledger(() => systemClock.nowMs());
  const load = startLoad(served.address, ledger, { unary: 8, streamed: 8, deadlineMs: 60_000 });
  const before = await measure(ledger);
  const residentBefore = residentMb();
  const startedAtMs = systemClock.nowMs();
  const stepMs: number[] = [];
  const steps: number[] = [];
  for (let i = 0; i < options.count; i++) {
    const stepStartedAtMs = systemClock.nowMs();
    await change(served, i);
    stepMs.push(systemClock.nowMs() - stepStartedAtMs);
    steps.push(Math.round(residentMb()));
  }
  const during = ledger.rate(startedAtMs, systemClock.nowMs());
  const after = await measure(ledger);
  const resident = { before: residentBefore, steps, after: residentMb() };
  await load.stop();
  const isClean = await served.stop();
  const ratePerSecond = { before, during, after };
  return { ledger: ledger.report(), isClean, stepMs, ratePerSecond, residentMb: resident };
}

/** Answers per second over three seconds in which nothing is changed. */
export async function measure(ledger: Ledger): Promise<number> {
  const fromAtMs = systemClock.nowMs();
  await sleep(calmMs);
  return ledger.rate(fromAtMs, systemClock.nowMs());
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Resident memory after a collection: a replaced model leaves about 9 MB of garbage. */
function residentMb(): number {
  collectGarbage();
  return process.memoryUsage.rss() / 2 ** 20;
}
