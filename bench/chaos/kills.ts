import { BroadcastChannel } from 'node:worker_threads';
import { systemClock } from '../../src/base/clock.ts';
import type { ChaosOptions, ChaosResult } from './chaos.ts';
import { measure } from './changes.ts';
import { startLoad } from './checked-load.ts';
import { chaosChannel, type Death } from './death.ts';
import { Ledger } from './ledger.ts';
import { type Served, serve } from './served.ts';
import { until } from './wait.ts';

/** Longest that a killed replica may take to be ready again. */
const backMs = 60_000;

/** Threads die under load, one at a time, each when the one before is back: two with work in hand, two without. */
export async function killThreads(model: string, options: ChaosOptions): Promise<ChaosResult> {
  const served = await serve({ model, devices: options.devices, isMortal: true });
  const ledger = new Ledger(() => systemClock.nowMs());
  const load = startLoad(served.address, ledger, { unary: 8, streamed: 8, deadlineMs: 60_000 });
  const calm = await measure(ledger);
  const startedMs = systemClock.nowMs();
  const backTimesMs: number[] = [];
  const channel = new BroadcastChannel(chaosChannel);
  const slots = served.models.view().slots.map(({ name }) => name);
  for (let i = 0; i < options.count; i++) {
    const slot = slots[i % slots.length] ?? '';
    backTimesMs.push(await kill(served, channel, { slot, when: i % 4 < 2 ? 'busy' : 'idle' }));
    options.onStep(`${i + 1} of ${options.count} killed`);
  }
  channel.close();
  const chaosRate = ledger.rate(startedMs, systemClock.nowMs());
  const after = await measure(ledger);
  await load.stop();
  const isClean = await served.stop();
  return {
    ledger: ledger.report(),
    isClean,
    stepMs: backTimesMs,
    ratePerSecond: { before: calm, during: chaosRate, after },
  };
}

/** Milliseconds from the order to die until the replica is ready again. */
async function kill(served: Served, channel: BroadcastChannel, death: Death): Promise<number> {
  const from = served.phases.length;
  const startedMs = systemClock.nowMs();
  channel.postMessage(death);
  const isOf = (phase: string, start: number) =>
    served.phases.findIndex(
      (change, i) => i >= start && change.replica === death.slot && change.phase === phase,
    );
  await until(() => isOf('failed', from) >= 0, backMs, `${death.slot} did not die`);
  const failedAt = isOf('failed', from);
  await until(() => isOf('ready', failedAt) >= 0, backMs, `${death.slot} did not come back`);
  return (served.phases[isOf('ready', failedAt)]?.atMs ?? NaN) - startedMs;
}
