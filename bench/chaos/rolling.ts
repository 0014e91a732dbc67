import { createServer } from 'node:net';
import { systemClock } from '../../src/base/clock.ts';
import { type ServerProcess, startServerProcess } from '../../src/cli/shared/server-process.ts';
import { measure } from './changes.ts';
import type { ChaosOptions, ChaosResult } from './chaos.ts';
import { startLoad } from './checked-load.ts';
import { Ledger } from './ledger.ts';

const startTimeoutMs = 300_000;

/** Two servers in processes of their own, each restarted in turn by SIGTERM, under unary load on both. */
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
  const startedMs = systemClock.nowMs();
  const stepMs: number[] = [];
  let isClean = true;
  for (let i = 0; i < options.count; i++) {
    const stepStartMs = systemClock.nowMs();
    const at = i % 2;
    isClean = (await servers[at]?.stop()) === 0 && isClean;
    servers[at] = await start(addresses[at] ?? '');
    stepMs.push(systemClock.nowMs() - stepStartMs);
    options.onStep(`${i + 1} of ${options.count}: ${addresses[at] ?? ''} restarted`);
    // Longer than the client's reconnect back-off: two servers away at once is another test.
    await measure(ledger);
  }
  const during = ledger.rate(startedMs, systemClock.nowMs());
  const after = await measure(ledger);
  await load.stop();
  const stops = await Promise.all(servers.map((server) => server.stop()));
  isClean = isClean && stops.every((status) => status === 0);
  return { ledger: ledger.report(), isClean, stepMs, ratePerSecond: { before, during, after } };
}

async function findFreeAddress(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') {
    throw new Error('no free port');
  }
  return `127.0.0.1:${address.port}`;
}
