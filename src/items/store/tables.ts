import { statSync } from 'node:fs';
import { join } from 'node:path';
import { type Database, open, type RootDatabase } from 'lmdb';
import type { PackedHead, PackedSource } from './records.ts';

/** What the store says of itself. */
export interface Facts {
  readonly format: string;
  readonly schema: number;
}

/** The tables of a store's file. Keys are bytes: ids in UTF-8, except in `index` and `counts`. */
export interface Tables {
  readonly root: RootDatabase<Facts, Buffer>;
  readonly heads: Database<PackedHead, Buffer>;
  readonly sources: Database<PackedSource, Buffer>;
  /** Versions of deleted items, as text. */
  readonly tombstones: Database<string, Buffer>;
  /** All items by progress and waiting time; see `indexKey`. The values say nothing. */
  readonly index: Database<null, Buffer>;
  /** Items by their progress word. */
  readonly counts: Database<number, Buffer>;
}

export const dataFile = 'data.mdb';
export const format = 'slmrank items';
/** Raise it when tables or records change. */
export const schema = 2;
export const factsKey = Buffer.from('facts');

const shared = { keyEncoding: 'binary', encoding: 'msgpack' } as const;

/**
 * Opens the file without a look at its content. A commit is flushed to disk before it is reported
 * (`overlappingSync` would report it before). The map of the file grows by itself.
 *
 * @throws Error of the library. A damaged file can end the process: see `checkStore`.
 */
export function openRoot(folder: string, isReadOnly: boolean): RootDatabase<Facts, Buffer> {
  return open<Facts, Buffer>({
    path: folder,
    ...shared,
    noSubdir: false,
    overlappingSync: false,
    // Its batches have promises of their own, which nobody can hear: when one fails, as on a full
    // disk, the process would end. We make our own batches.
    eventTurnBatching: false,
    readOnly: isReadOnly,
    maxDbs: 8,
  });
}

const tableNames = ['heads', 'sources', 'tombstones', 'index', 'counts'] as const;

/** Opens all tables; makes those that are missing, unless the file is only read. */
export function openTables(root: RootDatabase<Facts, Buffer>): Tables {
  const [heads, sources, tombstones, index, counts] = tableNames.map((name) => {
    const table = openTable(root, name);
    if (table === undefined) {
      throw new Error(`the table '${name}' is missing`);
    }
    return table;
  });
  return { root, heads, sources, tombstones, index, counts } as Tables;
}

/** Undefined for a missing table of a file that is only read, which the library's types omit. */
function openTable(root: RootDatabase<Facts, Buffer>, name: string): Database | undefined {
  return root.openDB({ name, ...shared });
}

/** Whether it is a store whose first start was cut off before it held anything. */
export function isUnfinished(root: RootDatabase<Facts, Buffer>): boolean {
  const names: readonly string[] = tableNames;
  return [...root.getKeys()].every((key) => names.includes(key.toString().replace(/\0$/, '')));
}

interface TableStats {
  readonly pageSize: number;
  readonly treeBranchPageCount: number;
  readonly treeLeafPageCount: number;
  readonly overflowPages: number;
  readonly entryCount: number;
}

export function statsOf(table: Pick<Database, 'getStats'>): TableStats {
  return table.getStats() as TableStats;
}

/** Bytes of the pages in use. Free ones are filled again before the file grows. */
export function usedBytes(tables: Tables): number {
  const all: readonly Pick<Database, 'getStats'>[] = Object.values(tables);
  return all.reduce((sum, table) => {
    const stats = statsOf(table);
    const { pageSize, treeBranchPageCount, treeLeafPageCount, overflowPages } = stats;
    return sum + pageSize * (treeBranchPageCount + treeLeafPageCount + overflowPages);
  }, 0);
}

export function fileBytes(folder: string): number {
  return statSync(join(folder, dataFile)).size;
}

/** Progress, waiting time and id, in this order, so that the oldest of a progress come first. */
export function indexKey(progress: string, waitingSinceMs: number, id: string): Buffer {
  const time = Buffer.alloc(8);
  time.writeDoubleBE(waitingSinceMs);
  return Buffer.concat([indexPrefix(progress), time, Buffer.from(id)]);
}

/** What all index keys of a progress begin with; the words have no zero byte. */
export function indexPrefix(progress: string): Buffer {
  return Buffer.from(`${progress}\0`);
}

export function readIndexKey(key: Buffer): {
  readonly waitingSinceMs: number;
  readonly id: string;
} {
  const start = key.indexOf(0) + 1;
  return {
    waitingSinceMs: key.readDoubleBE(start),
    id: key.subarray(start + 8).toString(),
  };
}
