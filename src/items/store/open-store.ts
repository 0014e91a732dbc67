import { mkdirSync } from 'node:fs';
import { type Clock, systemClock } from '../../base/clock.ts';
import { DataError, messageOf } from '../../base/errors.ts';
import { checkStore, hasStore } from './check-store.ts';
import { LmdbItemStore } from './lmdb-store.ts';
import { ownFolder } from './owner.ts';
import { storeFault } from './store-faults.ts';
import { factsKey, format, openRoot, openTables, schema, type Tables } from './tables.ts';

export interface OpenStoreOptions {
  readonly folder: string;
  /** Most bytes of the store's pages in use. The file may be a little larger. */
  readonly maxBytes: number;
  readonly clock?: Pick<Clock, 'nowMs'>;
}

/**
 * Opens the store of a folder, or makes one, after it has read the whole of it once. This process
 * is its only writer until it is closed.
 *
 * @throws DataError when the folder cannot be used: it says what to do.
 */
export async function openItemStore(options: OpenStoreOptions): Promise<LmdbItemStore> {
  const { folder, maxBytes, clock = systemClock } = options;
  makeFolder(folder);
  const release = await ownFolder(folder);
  try {
    await checkStore(folder);
    const tables = openTables(openRoot(folder, false));
    if (tables.root.get(factsKey) === undefined) {
      await writeFacts(tables, folder);
    }
    return new LmdbItemStore({ folder, tables, maxBytes, clock, release });
  } catch (error) {
    await release();
    throw error;
  }
}

/** Opens a store to read from it, beside the process that writes to it. @throws DataError */
export async function readItemStore(folder: string): Promise<LmdbItemStore> {
  if (!hasStore(folder)) {
    throw new DataError(`${folder}: there is no item store`);
  }
  await checkStore(folder);
  const root = openRoot(folder, true);
  if (root.get(factsKey) === undefined) {
    await root.close();
    throw new DataError(`${folder}: there is no item store yet; its first start was cut off`);
  }
  return new LmdbItemStore({
    folder,
    tables: openTables(root),
    maxBytes: 0,
    clock: systemClock,
    release: () => undefined,
  });
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw new DataError(`${folder}: cannot be made: ${messageOf(error)}`, { cause: error });
  }
}

async function writeFacts({ root }: Tables, folder: string): Promise<void> {
  try {
    await root.put(factsKey, { format, schema });
  } catch (error) {
    throw storeFault(error, folder);
  }
}
