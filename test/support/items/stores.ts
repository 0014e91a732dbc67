import { afterEach } from '@jest/globals';
import type { Summary } from '../../../src/items/item/item.ts';
import type { ItemPut } from '../../../src/items/store/item-store.ts';
import type { LmdbItemStore } from '../../../src/items/store/lmdb-store.ts';
import { openItemStore } from '../../../src/items/store/open-store.ts';
import { FakeClock } from '../fakes/clock.ts';

const opened = new Set<LmdbItemStore>();

afterEach(async () => {
  await Promise.all([...opened].map(closeTestStore));
});

/** A store that is closed after the test, on a clock that stands still. */
export async function openTestStore(
  folder: string,
  options: { readonly maxBytes?: number; readonly clock?: FakeClock } = {},
): Promise<LmdbItemStore> {
  const { maxBytes = 1e9, clock = new FakeClock() } = options;
  const store = await openItemStore({ folder, maxBytes, clock });
  opened.add(store);
  return store;
}

/** Closes it within the test. */
export async function closeTestStore(store: LmdbItemStore): Promise<void> {
  if (opened.delete(store)) {
    await store.close();
  }
}

export function putOf(id: string, version = 1, text = `text of ${id}`): ItemPut {
  return { id, version: BigInt(version), title: undefined, text };
}

export function summaryOf(text: string, method = 'search', version = '1'): Summary {
  const kept = [{ start: 0, end: text.length }];
  return { text, kept, tokens: 3, rawTokens: 9, method, version };
}
