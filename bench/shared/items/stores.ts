import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../../src/base/clock.ts';
import { hashContent } from '../../../src/items/item/item.ts';
import { ItemKeeper } from '../../../src/items/keeper.ts';
import { SharedItems } from '../../../src/items/shared/shared-items.ts';
import type { ItemPut } from '../../../src/items/store/item-store.ts';
import type { LmdbItemStore } from '../../../src/items/store/lmdb-store.ts';
import { openItemStore } from '../../../src/items/store/open-store.ts';
import { Seal } from '../../../src/valkey/seal.ts';
import { Valkey } from '../../../src/valkey/valkey.ts';

/** A server's items, without the server: what it ranks from, and what it does for the others. */
export interface BenchServer {
  readonly keeper: ItemKeeper;
  readonly local: LmdbItemStore;
  /** Undefined: it shares nothing. */
  readonly shared: SharedItems | undefined;
  close(): Promise<void>;
}

/** The setting's default: the longest wait of a request for Valkey. */
export const timeoutMs = 10;
const wanted = { summary: undefined, encoding: 'bench', mostFailures: 1 };

/** `port` undefined: it shares nothing. Its folder is deleted when it is closed. */
export async function openBenchServer(
  state: string,
  port: number | undefined,
): Promise<BenchServer> {
  const folder = mkdtempSync(join(state, 'items-'));
  const local = await openItemStore({ folder, maxBytes: 2e9 });
  const shared = port === undefined ? undefined : await shareStore(local, port);
  const keeper = new ItemKeeper({
    store: shared ?? local,
    fleet: shared,
    spare: () => false,
    clock: systemClock,
  });
  (shared ?? local).want(wanted);
  const close = async () => {
    await keeper.close();
    rmSync(folder, { recursive: true });
  };
  return { keeper, local, shared, close };
}

async function shareStore(local: LmdbItemStore, port: number): Promise<SharedItems> {
  const connect = () =>
    new Valkey({ host: '127.0.0.1', port, isTls: false, db: 0, timeoutMs: 3000 });
  const [valkey, waiting] = [connect(), connect()];
  await waitFor(() => valkey.isConnected && waiting.isConnected);
  return new SharedItems({
    local,
    valkey,
    waiting,
    disconnect: () => [valkey, waiting].forEach((each) => each.close()),
    timeoutMs,
    seal: new Seal('a secret of benches only, long enough', 'items'),
    limits: { textBytes: 131_072 },
    clock: systemClock,
    onFault: (error) => process.stderr.write(`${String(error)}\n`),
  });
}

/** An item of 1,200 characters; what it says follows from id and version. */
export function benchItem(id: string, version: number): ItemPut {
  const text = `${id} in version ${version}. `.repeat(60).slice(0, 1200);
  return { id, version: BigInt(version), title: `Title of ${id}`, text };
}

/** Whether a head is of an item as it was put. */
export function isTrue(id: string, head: { id: string; version: bigint; contentHash: string }) {
  const expected = hashContent(benchItem(id, Number(head.version)));
  return head.id === id && head.contentHash === expected;
}

/** @throws Error after half a minute */
export async function waitFor(holds: () => boolean): Promise<void> {
  const lastAtMs = systemClock.nowMs() + 30_000;
  while (!holds()) {
    if (systemClock.nowMs() > lastAtMs) {
      throw new Error(`not in half a minute: ${String(holds)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
