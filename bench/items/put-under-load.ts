import { CallError } from '../../src/client/call.ts';
import { sleep } from '../chaos/wait.ts';
import type { ItemName, Sent } from './figures.ts';
import type { OpenLoop } from './open-loop.ts';
import type { Putter } from './putter.ts';
import type { ItemServer } from './served.ts';

export interface PutPlan {
  readonly putter: Putter;
  /** Most items per second; undefined for no limit. */
  readonly rate: number | undefined;
  /** Starts the load on the server, so far into its schedule. */
  readonly startLoad: (server: ItemServer, fromMs: number) => OpenLoop;
  /** How long the load must have run. */
  readonly leastMs: number;
}

export interface FirstHalf {
  /** Requests that ended before the kill. */
  readonly sent: readonly Sent[];
  readonly cutOff: number;
  readonly acknowledged: readonly ItemName[];
  readonly killedAtMs: number;
  /** How long load and puts ran. */
  readonly loadMs: number;
}

const putTimeoutMs = 3_600_000;

/** Puts under load, and kills the server once half of the messages are acknowledged. */
export async function putUntilKilled(
  server: ItemServer,
  { putter, rate, startLoad }: PutPlan,
): Promise<FirstHalf> {
  const startedAtMs = performance.now();
  const loop = startLoad(server, 0);
  let killedAtMs = Infinity;
  const onAcknowledged = () => {
    if (killedAtMs === Infinity && putter.isHalfway) {
      killedAtMs = performance.now();
      server.kill();
    }
  };
  await putter.put(server.items, rate, onAcknowledged, putTimeoutMs).catch((error: unknown) => {
    if (!(error instanceof CallError) || killedAtMs === Infinity) {
      throw error;
    }
  });
  const all = await loop.stop();
  // Also waits until the process is gone, which has the store's folder locked.
  await server.stop();
  const sent = all.filter(({ endedAtMs, code }) => code === 'OK' || endedAtMs < killedAtMs);
  return {
    sent,
    cutOff: all.length - sent.length,
    acknowledged: putter.acknowledged,
    killedAtMs,
    loadMs: killedAtMs - startedAtMs,
  };
}

/** Puts the rest under load, from where the first half's schedule was broken off. */
export async function putRest(
  server: ItemServer,
  { putter, rate, startLoad, leastMs }: PutPlan,
  fromMs: number,
): Promise<{ readonly sent: readonly Sent[]; readonly putMs: number }> {
  const startedAtMs = performance.now();
  const loop = startLoad(server, fromMs);
  await putter.put(server.items, rate, () => undefined, putTimeoutMs);
  const putMs = performance.now() - startedAtMs;
  await sleep(Math.max(0, leastMs - fromMs - putMs));
  return { sent: await loop.stop(), putMs };
}
