import { BroadcastChannel } from 'node:worker_threads';
import { at } from '../../src/base/at.ts';
import { systemClock } from '../../src/base/clock.ts';
import type { ChaosOptions, ChaosResult } from './chaos.ts';
import { measure } from './changes.ts';
import { startLoad } from './checked-load.ts';
import { chaosChannel, type Death } from './death.ts';
import { Ledger } from './ledger.ts';
import { type Served, serve } from './served.ts';
import { until } from './wait.ts';

/** The longest that a killed replica may take to be ready again. */
const maxRecoveryMs = 60_000;

/**
 * Kills threads under load, one at a time, each after the one before is ready again: two that have
 * a batch, then two idle ones, and so on.
 */
export async function killThreads(model: string, options: ChaosOptions): Promise<ChaosResult> {
  const served = await serve({ model, devices: options.devices, isMortal: true });
  const ledger = new Ledger(() => systemClock.nowMs());
  const load = startLoad(served.address, ledger, { unary: 8, streamed: 8, deadlineMs: 60_000 });
  const before = await measure(ledger);
  const startedAtMs = systemClock.nowMs();
  const stepMs: number[] = [];
  const channel = new BroadcastChannel(chaosChannel);
  const slots = served.models.view().slots.map(({ name }) => name);
  for (let i = 0; i < options.count; i++) {
    const slot = at(slots, i % slots.length);
    stepMs.push(await kill(served, channel, { slot, when: i % 4 < 2 ? 'busy' : 'idle' }));
    options.onStep(`${i + 1} of ${options.count} killed`);
  }
  channel.close();
  const during = ledger.rate(startedAtMs, systemClock.nowMs());
  const after = await measure(ledger);
  await load.stop();
  const isClean = await served.stop();
  return {
    ledger: ledger.report(),
    isClean,
    stepMs,
    ratePerSecond: { before, during, after },
  };
}

/** Resolves to the milliseconds from the kill until the replica is ready again. */
async function kill(served: Served, channel: BroadcastChannel, death: Death): Promise<number> {
  const from = served.phases.length;
  const killedAtMs = systemClock.nowMs();
  channel.postMessage(death);
  const indexOf = (phase: string, start: number) =>
    served.phases.findIndex(
      (change, i) => i >= start && change.replica === death.slot && change.phase === phase,
    );
  const awaitPhase = async (phase: string, start: number) => {
    const fault = `${death.slot} was not ${phase}`;
    await until(() => indexOf(phase, start) >= 0, maxRecoveryMs, fault);
    return indexOf(phase, start);
  };
  const failed = await awaitPhase('failed', from);
  const ready = await awaitPhase('ready', failed);
  return at(served.phases, ready).atMs - killedAtMs;
}
