import type { Database } from 'lmdb';
import { messageOf } from '../../base/errors.ts';
import { unpackHead } from './records.ts';
import {
  type Facts,
  factsKey,
  format,
  isUnfinished,
  openRoot,
  openTables,
  schema,
  statsOf,
  type Tables,
} from './tables.ts';

/** What a walk over a whole store has found; sent by the process that `checkStore` starts. */
export type Walked =
  | { readonly kind: 'whole' }
  /** An LMDB file of another program. */
  | { readonly kind: 'foreign' }
  | { readonly kind: 'other-schema'; readonly schema: number }
  | { readonly kind: 'damaged'; readonly problem: string };

/** Reads every entry of a store. A damaged file may end the process by a signal of the system. */
export async function walkStore(folder: string): Promise<Walked> {
  try {
    const root = openRoot(folder, true);
    try {
      return walkRoot(root);
    } finally {
      await root.close();
    }
  } catch (error) {
    return { kind: 'damaged', problem: messageOf(error) };
  }
}

function walkRoot(root: Tables['root']): Walked {
  const facts: Facts | undefined = root.get(factsKey);
  if (facts?.format !== format) {
    return { kind: facts === undefined && isUnfinished(root) ? 'whole' : 'foreign' };
  }
  return facts.schema === schema
    ? walkTables(openTables(root))
    : { kind: 'other-schema', schema: facts.schema };
}

/** LMDB walks past some damage without a word, so entries are counted against what it says. */
function walkTables({ heads, sources, tombstones, index, counts }: Tables): Walked {
  const items = statsOf(heads).entryCount;
  const counted = [...counts.getRange({})].reduce((sum, { value }) => sum + value, 0);
  const tables: readonly [string, number, number][] = [
    ['heads', walk(heads, ({ key, value }) => unpackHead(key.toString(), value)), counted],
    ['sources', walk(sources), items],
    ['index', walk(index), items],
    ['tombstones', walk(tombstones), statsOf(tombstones).entryCount],
  ];
  const wrong = tables.find(([, found, expected]) => found !== expected);
  if (wrong === undefined) {
    return { kind: 'whole' };
  }
  const [name, found, expected] = wrong;
  return { kind: 'damaged', problem: `${found} of ${expected} entries of '${name}' can be read` };
}

/** The entries of a table that can be read. */
function walk<V>(
  table: Database<V, Buffer>,
  read: (entry: { readonly key: Buffer; readonly value: V }) => unknown = () => undefined,
): number {
  let entries = 0;
  for (const entry of table.getRange({})) {
    read(entry);
    entries += 1;
  }
  return entries;
}

const [, self = '', folder] = process.argv;
if (process.send !== undefined && folder !== undefined && /walk-store\.[jt]s$/.test(self)) {
  process.send(await walkStore(folder), () => process.exit(0));
}
