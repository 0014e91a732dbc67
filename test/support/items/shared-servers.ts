import { afterEach } from '@jest/globals';
import { systemClock } from '../../../src/base/clock.ts';
import { SharedItems, type SharedItemsParts } from '../../../src/items/shared/shared-items.ts';
import type { LmdbItemStore } from '../../../src/items/store/lmdb-store.ts';
import { openItemStore } from '../../../src/items/store/open-store.ts';
import { Seal } from '../../../src/valkey/seal.ts';
import { temporaryFolder } from '../temporary-folder.ts';

export interface SharedServer {
  readonly local: LmdbItemStore;
  readonly shared: SharedItems;
  readonly faults: unknown[];
  readonly folder: string;
}

const opened = new Set<SharedItems>();

afterEach(async () => {
  await Promise.all([...opened].map(closeShared));
});

export const textBytes = 10_000;

/** What a server's items want, once its model serves. */
export const wanted = {
  summary: { method: 'search', version: '1' },
  encoding: 'e1',
  mostFailures: 3,
};

export type TestValkey = SharedItemsParts['valkey'];

/** A server's items, on the machine's clock, that has begun to follow. */
export async function openShared(
  valkey: TestValkey,
  parts: Partial<SharedItemsParts> & { readonly folder?: string; readonly maxBytes?: number } = {},
): Promise<SharedServer> {
  const { folder = temporaryFolder(), maxBytes = 1e9, ...rest } = parts;
  const local = await openItemStore({ folder, maxBytes, clock: systemClock });
  const faults: unknown[] = [];
  const shared = new SharedItems({
    local,
    valkey,
    waiting: valkey,
    disconnect: () => undefined,
    timeoutMs: 1000,
    seal: new Seal('secret', 'items'),
    limits: { textBytes },
    clock: systemClock,
    pace: { gapMs: 20, everyMs: 3_600_000 },
    onFault: (error) => faults.push(error),
    ...rest,
  });
  opened.add(shared);
  shared.want(wanted);
  return { local, shared, faults, folder };
}

export async function closeShared(shared: SharedItems): Promise<void> {
  if (opened.delete(shared)) {
    await shared.close();
  }
}

/** Waits for a state that comes by itself. The test's own limit ends it. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** A server's own way to Valkey, which can be cut. */
export class Link implements TestValkey {
  isCut = false;
  readonly #to: TestValkey;

  constructor(to: TestValkey) {
    this.#to = to;
  }

  async run(...call: Parameters<TestValkey['run']>) {
    const reply = this.isCut ? undefined : await this.#to.run(...call);
    return this.isCut ? undefined : reply;
  }
}
