import type { Clock } from '../../base/clock.ts';
import { RankError } from '../../base/errors.ts';
import type { Item, ItemHead, Wanted } from '../item/item.ts';
import { isParked, isWaiting, waitingWords } from '../item/progress.ts';
import { applyDelete, applyPut, applyRecord, applyResult, type Stored } from './apply-write.ts';
import { Draft, readStored } from './draft.ts';
import type {
  DeleteOutcome,
  ItemDelete,
  ItemPut,
  ItemRecord,
  ItemResult,
  ItemStore,
  MergeOutcome,
  PutOutcome,
  StoreStats,
} from './item-store.ts';
import { unpackHead, unpackSource } from './records.ts';
import { storeFault, storeFull } from './store-faults.ts';
import { fileBytes, indexPrefix, readIndexKey, statsOf, type Tables, usedBytes } from './tables.ts';

export interface LmdbStoreParts {
  readonly folder: string;
  readonly tables: Tables;
  readonly maxBytes: number;
  readonly clock: Pick<Clock, 'nowMs'>;
  /** Called after the file is closed. */
  readonly release: () => Promise<void> | void;
}

/** A write that waits for its turn. */
interface Write {
  readonly items: number;
  readonly apply: (draft: Draft) => void;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Items written in one transaction: a few milliseconds of the main thread. */
const mostItems = 100;
/** What LMDB needs of free pages to change a full store, such as for deleting. */
const spareBytes = 262_144;

/**
 * Items in one LMDB file, read in place from memory. Writes wait in line; those that have come by
 * the time the last ones are on disk share the next transaction. The process must own the folder
 * (`openItemStore`), because a write is decided before its transaction begins.
 */
export class LmdbItemStore implements ItemStore {
  readonly #parts: LmdbStoreParts;
  readonly #waiting: Write[] = [];
  #writing: Promise<void> | undefined;
  #wanted: Wanted = { summary: undefined, encoding: undefined, mostFailures: 1 };
  #isClosed = false;

  constructor(parts: LmdbStoreParts) {
    this.#parts = parts;
  }

  heads(ids: readonly string[]): readonly (ItemHead | undefined)[] {
    const { heads } = this.#tables();
    return ids.map((id) => {
      const packed = id === '' ? undefined : heads.get(Buffer.from(id));
      return packed === undefined ? undefined : unpackHead(id, packed);
    });
  }

  get(id: string): Item | undefined {
    const [head] = this.heads([id]);
    const source = head && this.#tables().sources.get(Buffer.from(id));
    return head === undefined || source === undefined
      ? undefined
      : { ...head, ...unpackSource(source) };
  }

  list({ after, limit }: { readonly after?: string | undefined; readonly limit: number }) {
    const start = after === undefined ? {} : { start: Buffer.from(after), exclusiveStart: true };
    const range = this.#tables().heads.getRange({ ...start, limit });
    return [...range].map(({ key, value }) => unpackHead(key.toString(), value));
  }

  async put(items: readonly ItemPut[]): Promise<readonly PutOutcome[]> {
    const nowMs = this.#parts.clock.nowMs();
    return await this.#write(items, (draft, item) => {
      this.#assertRoom(draft);
      return draft.apply(item.id, applyPut(draft.read(item.id), item, nowMs));
    });
  }

  async delete(items: readonly ItemDelete[]): Promise<readonly DeleteOutcome[]> {
    return await this.#write(items, (draft, item) =>
      draft.apply(item.id, applyDelete(draft.read(item.id), item)),
    );
  }

  async settle(results: readonly ItemResult[]): Promise<void> {
    const nowMs = this.#parts.clock.nowMs();
    await this.#write(results, (draft, result) => {
      this.#assertRoom(draft);
      const applied = applyResult(draft.read(result.id), result, this.#wanted, nowMs);
      return draft.apply(result.id, applied);
    });
  }

  /** Takes over what other servers have, as `applyRecord` decides. */
  async merge(records: readonly ItemRecord[]): Promise<readonly MergeOutcome[]> {
    const nowMs = this.#parts.clock.nowMs();
    return await this.#write(records, (draft, record) => {
      if (record.kind === 'item') {
        this.#assertRoom(draft);
      }
      const applied = applyRecord(draft.read(record.id), record, this.#wanted, nowMs);
      return draft.apply(record.id, applied);
    });
  }

  /** What is stored under an id, a deleted item's version included. */
  stored(id: string): Stored {
    return id === '' ? { kind: 'nothing' } : readStored(this.#tables(), id);
  }

  /** Ids of items and of deleted ones, in the order of their UTF-8 bytes, from behind `after`. */
  ids(after: string | undefined, limit: number): readonly string[] {
    const start = after === undefined ? {} : { start: Buffer.from(after), exclusiveStart: true };
    const { heads, tombstones } = this.#tables();
    const keys = [heads, tombstones].flatMap((table) => [...table.getKeys({ ...start, limit })]);
    return keys
      .sort((one, other) => Buffer.compare(one, other))
      .slice(0, limit)
      .map((key) => key.toString());
  }

  want(wanted: Wanted): void {
    this.#wanted = wanted;
  }

  stale(limit: number): readonly string[] {
    const ids: string[] = [];
    for (const word of waitingWords([...this.#counts().keys()], this.#wanted)) {
      const left = limit - ids.length;
      ids.push(...(left > 0 ? this.#oldest(word, left).map(({ id }) => id) : []));
    }
    return ids;
  }

  stats(): StoreStats {
    const { folder, maxBytes } = this.#parts;
    const tables = this.#tables();
    const counts = [...this.#counts()];
    const sum = (has: (word: string, wanted: Wanted) => boolean) =>
      counts.reduce((all, [word, items]) => all + (has(word, this.#wanted) ? items : 0), 0);
    const oldest = counts
      .filter(([word]) => isWaiting(word, this.#wanted))
      .flatMap(([word]) => this.#oldest(word, 1).map(({ waitingSinceMs }) => waitingSinceMs));
    return {
      items: statsOf(tables.heads).entryCount,
      tombstones: statsOf(tables.tombstones).entryCount,
      stale: sum(isWaiting),
      parked: sum(isParked),
      oldestStaleSinceMs: oldest.length === 0 ? undefined : Math.min(...oldest),
      usedBytes: usedBytes(tables),
      maxBytes,
      fileBytes: fileBytes(folder),
    };
  }

  /** How many items have come how far, by their words: see `progressOf`. */
  progress(): ReadonlyMap<string, number> {
    return this.#counts();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#writing;
    await this.#parts.tables.root.close();
    await this.#parts.release();
  }

  /**
   * For reading. A read after LMDB's `close` would throw from a timer of the library and so end the
   * process.
   *
   * @throws RankError `unavailable` once the store is closed.
   */
  #tables(): Tables {
    if (this.#isClosed) {
      throw new RankError('unavailable', 'the item store is closed', { reason: 'DRAINING' });
    }
    return this.#parts.tables;
  }

  #counts(): ReadonlyMap<string, number> {
    const all = this.#tables().counts.getRange({});
    return new Map([...all].map(({ key, value }) => [key.toString(), value]));
  }

  /** The items of a word that have waited longest. */
  #oldest(word: string, limit: number) {
    const start = indexPrefix(word);
    const end = Buffer.concat([start, Buffer.alloc(9, 0xff)]);
    return [...this.#tables().index.getKeys({ start, end, limit })].map(readIndexKey);
  }

  async #write<Item extends { readonly id: string }, Outcome>(
    items: readonly Item[],
    apply: (draft: Draft, item: Item) => Outcome,
  ): Promise<readonly Outcome[]> {
    this.#tables();
    const outcomes: Outcome[] = [];
    const parts = await Promise.allSettled(
      cutInto(items, mostItems).map(async (part, place) => {
        const run = (draft: Draft) =>
          part.forEach((item, i) => {
            outcomes[place * mostItems + i] = apply(draft, item);
          });
        await this.#takeTurn(part.length, run);
      }),
    );
    const failed = parts.find((part) => part.status === 'rejected');
    if (failed !== undefined) {
      throw failed.reason;
    }
    return outcomes;
  }

  async #takeTurn(items: number, apply: (draft: Draft) => void): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#waiting.push({ items, apply, resolve, reject });
      this.#writing ??= this.#writeAll();
    });
  }

  /** As soon as nothing waits, `#writing` is reset: what is added then would be left behind. */
  async #writeAll(): Promise<void> {
    await Promise.resolve();
    try {
      while (this.#waiting.length > 0) {
        await this.#writeSome(takeItems(this.#waiting, mostItems));
      }
    } finally {
      this.#writing = undefined;
    }
  }

  async #writeSome(writes: readonly Write[]): Promise<void> {
    const { draft, applied } = this.#draft(writes);
    try {
      await draft.commit();
      applied.forEach(({ resolve }) => resolve());
    } catch (error) {
      applied.forEach(({ reject }) => reject(storeFault(error, this.#parts.folder)));
    }
  }

  /** A write that fails leaves nothing behind: the draft is made again without it. */
  #draft(writes: readonly Write[]): { readonly draft: Draft; readonly applied: readonly Write[] } {
    const draft = new Draft(this.#parts.tables);
    for (const write of writes) {
      try {
        write.apply(draft);
      } catch (error) {
        write.reject(error);
        return this.#draft(writes.filter((each) => each !== write));
      }
    }
    return { draft, applied: writes };
  }

  /** @throws RankError `overloaded`, ITEMS_FULL */
  #assertRoom({ bytes }: Draft): void {
    const { maxBytes } = this.#parts;
    if (bytes + spareBytes > maxBytes) {
      const most = `SLMRANK_ITEMS_MAX_BYTES is ${maxBytes}, of which ${spareBytes} are kept free`;
      throw storeFull(`the store would have ${bytes} bytes; ${most}`);
    }
  }
}

function cutInto<T>(list: readonly T[], most: number): T[][] {
  const parts: T[][] = [];
  for (let start = 0; start < list.length; start += most) {
    parts.push(list.slice(start, start + most));
  }
  return parts;
}

/** Takes the first writes, one at least, of so many items at most. */
function takeItems(waiting: Write[], most: number): readonly Write[] {
  let items = 0;
  const end = waiting.findIndex((write, place) => {
    items += write.items;
    return place > 0 && items > most;
  });
  return waiting.splice(0, end < 0 ? waiting.length : end);
}
