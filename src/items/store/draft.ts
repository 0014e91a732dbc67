import type { Database } from 'lmdb';
import type { Applied, Stored } from './apply-write.ts';
import { packHead, packSource, type SourceRecord, unpackHead } from './records.ts';
import { indexKey, type Tables, usedBytes } from './tables.ts';

interface Change {
  readonly before: Stored;
  after: Stored;
  source: SourceRecord | undefined;
}

/** Reads through to the tables; collects changes until they are written together. */
export class Draft {
  readonly #tables: Tables;
  readonly #changes = new Map<string, Change>();
  /** Of the store as it was, and of the texts that come in, at most three bytes a character. */
  #bytes: number;

  constructor(tables: Tables) {
    this.#tables = tables;
    this.#bytes = usedBytes(tables);
  }

  /** What the store will have at most once this is written. */
  get bytes(): number {
    return this.#bytes;
  }

  read(id: string): Stored {
    return this.#changes.get(id)?.after ?? readStored(this.#tables, id);
  }

  /** Takes over what a write makes of an id; returns the write's outcome. */
  apply<Outcome>(id: string, { outcome, stored, source }: Applied<Outcome>): Outcome {
    if (stored !== undefined) {
      const change = this.#changes.get(id) ?? {
        before: readStored(this.#tables, id),
        after: stored,
        source,
      };
      change.after = stored;
      change.source = source ?? change.source;
      this.#bytes += 3 * (titleLength(stored) + (source?.text.length ?? 0));
      this.#changes.set(id, change);
    }
    return outcome;
  }

  /** Writes all changes or none, and resolves when they are durable. @throws Error of LMDB */
  async commit(): Promise<void> {
    if (this.#changes.size === 0) {
      return;
    }
    const writer = new Writer();
    const counts = new Map<string, number>();
    await writer.run(this.#tables, () => {
      for (const [id, change] of this.#changes) {
        writeChange(this.#tables, id, change, writer);
        count(counts, change.before, -1);
        count(counts, change.after, 1);
      }
      for (const [progress, added] of counts) {
        writeCount(this.#tables, progress, added, writer);
      }
    });
  }
}

export function readStored({ heads, tombstones }: Tables, id: string): Stored {
  const key = Buffer.from(id);
  const packed = heads.get(key);
  if (packed !== undefined) {
    return { kind: 'item', head: unpackHead(id, packed) };
  }
  const version = tombstones.get(key);
  return version === undefined
    ? { kind: 'nothing' }
    : { kind: 'tombstone', version: BigInt(version) };
}

function writeChange(tables: Tables, id: string, change: Change, writer: Writer): void {
  const { before, after, source } = change;
  const key = Buffer.from(id);
  if (before.kind === 'item') {
    const { progress, waitingSinceMs } = before.head;
    writer.remove(tables.index, indexKey(progress, waitingSinceMs, id));
  }
  if (after.kind === 'item') {
    const { progress, waitingSinceMs } = after.head;
    writer.put(tables.heads, key, packHead(after.head));
    writer.put(tables.index, indexKey(progress, waitingSinceMs, id), null);
    if (before.kind === 'tombstone') {
      writer.remove(tables.tombstones, key);
    }
  } else if (after.kind === 'tombstone') {
    writer.put(tables.tombstones, key, String(after.version));
    if (before.kind === 'item') {
      writer.remove(tables.heads, key);
      writer.remove(tables.sources, key);
    }
  }
  if (after.kind === 'item' && source !== undefined) {
    writer.put(tables.sources, key, packSource(source));
  }
}

function titleLength(stored: Stored): number {
  return stored.kind === 'item' ? (stored.head.title?.length ?? 0) : 0;
}

function count(counts: Map<string, number>, stored: Stored, change: number): void {
  if (stored.kind === 'item') {
    const { progress } = stored.head;
    counts.set(progress, (counts.get(progress) ?? 0) + change);
  }
}

function writeCount({ counts }: Tables, progress: string, added: number, writer: Writer): void {
  const key = Buffer.from(progress);
  const items = (counts.get(key) ?? 0) + added;
  if (items === 0) {
    writer.remove(counts, key);
  } else {
    writer.put(counts, key, items);
  }
}

/**
 * Writes in one transaction. (The library's own asynchronous `transaction` never begins in lmdb
 * 3.5.6 with Node 20; `batch` does.) Each of its promises is heard: one that fails unheard would
 * end the process, and the batch's own promise tells of the failure.
 */
class Writer {
  async run({ root }: Tables, write: () => void): Promise<void> {
    try {
      await root.batch(write);
    } catch (error) {
      throw await reasonOf(error);
    }
  }

  put<V>(table: Database<V, Buffer>, key: Buffer, value: V): void {
    void table.put(key, value).catch(hear);
  }

  remove<V>(table: Database<V, Buffer>, key: Buffer): void {
    void table.remove(key).catch(hear);
  }
}

/** The library hides the reason of a failed commit in a promise, which nobody else hears either. */
async function reasonOf(error: unknown): Promise<unknown> {
  const { commitError } = error as { readonly commitError?: Promise<never> };
  if (commitError === undefined) {
    return error;
  }
  return await commitError.then(
    () => error,
    (reason: unknown) => reason,
  );
}

function hear(error: unknown): void {
  void reasonOf(error);
}
