import { at } from '../../src/base/at.ts';
import { systemClock } from '../../src/base/clock.ts';
import { type ServerProcess, startServerProcess } from '../../src/cli/shared/server-process.ts';
import { findFreeAddress } from '../free-address.ts';
import { measure } from './changes.ts';
import type { ChaosOptions, ChaosResult } from './chaos.ts';
import { startLoad } from './checked-load.ts';
import { Ledger } from './ledger.ts';

const startTimeoutMs = 300_000;

/** Restarts two server processes in turn by SIGTERM, under unary load on both. */
export async function rollServers(model: string, options: ChaosOptions): Promise<ChaosResult> {
  const addresses = await Promise.all([findFreeAddress(), findFreeAddress()]);
  const start = (address: string) =>
    startServerProcess({
      settings: {
        SLMRANK_ADDRESS: address,
        SLMRANK_MODEL: model,
        SLMRANK_DEVICES: options.devices,
      },
      timeoutMs: startTimeoutMs,
    });
  const servers: ServerProcess[] = await Promise.all(addresses.map(start));
  const ledger = new Ledger(() => systemClock.nowMs());
  const target = `ipv4:${addresses.join(',')}`;
  const load = startLoad(target, ledger, { unary: 16, streamed: 0, deadlineMs: 60_000 });
  const before = await measure(ledger);
  const startedAtMs = systemClock.nowMs();
  const stepMs: number[] = [];
  let isClean = true;
  for (let i = 0; i < options.count; i++) {
    const stepStartedAtMs = systemClock.nowMs();
    const place = i % servers.length;
    const address = at(addresses, place);
    isClean = (await at(servers, place).stop()) === 0 && isClean;
    servers[place] = await start(address);
    stepMs.push(systemClock.nowMs() - stepStartedAtMs);
    options.onStep(`${i + 1} of ${options.count}: ${address} restarted`);
    // This takes longer than the client's back-off, so the client reconnects before the next stop.
    await measure(ledger);
  }
  const during = ledger.rate(startedAtMs, systemClock.nowMs());
  const after = await measure(ledger);
  await load.stop();
  const stops = await Promise.all(servers.map((server) => server.stop()));
  isClean = isClean && stops.every((status) => status === 0);
  return { ledger: ledger.report(), isClean, stepMs, ratePerSecond: { before, during, after } };
}
