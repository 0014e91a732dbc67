import type { EncodedItem } from '../item/compressor.ts';
import type { Item, ItemHead, ItemSource, Summary, Wanted } from '../item/item.ts';

/** An item to be stored. */
export interface ItemPut extends ItemSource {
  /** A first summary, for when the content has none yet. */
  readonly summary?: Summary | undefined;
  /** The token ids of that summary. */
  readonly encoded?: EncodedItem | undefined;
}

/** What one server tells another of an id: its item, or that a version was deleted. */
export type ItemRecord = (ItemPut & { readonly kind: 'item' }) | DeletedItem;

export interface DeletedItem {
  readonly kind: 'tombstone';
  readonly id: string;
  readonly version: bigint;
}

/** taken: the record changed what is stored. known: it brought nothing. */
export type MergeOutcome = 'taken' | 'known';

/**
 * stored: the item is as given now. unchanged: this version is stored already. older: a higher
 * version is stored, or was deleted. conflict: this version is stored with other texts.
 */
export type PutOutcome = 'stored' | 'unchanged' | 'older' | 'conflict';

export interface ItemDelete {
  readonly id: string;
  /** What is stored with a higher version stays. Undefined: whatever is stored. */
  readonly version: bigint | undefined;
}

/** missing: nothing was stored. */
export type DeleteOutcome = 'deleted' | 'older' | 'missing';

/** What was made of an item's content. Does nothing when the item has other content by now. */
export interface ItemResult {
  readonly id: string;
  readonly contentHash: string;
  /** Undefined: the summary stays as it is. */
  readonly summary: Summary | undefined;
  /** Undefined: the token ids stay as they are, unless the summary is new. */
  readonly encoded: EncodedItem | undefined;
  /** Nothing was made of it: counts as a failure. */
  readonly hasFailed?: boolean;
}

export interface StoreStats {
  readonly items: number;
  readonly tombstones: number;
  /** Items that lack what is wanted, without the parked ones. */
  readonly stale: number;
  /** Items that failed too often. */
  readonly parked: number;
  /** Since when the oldest stale item waits; undefined when none does. */
  readonly oldestStaleSinceMs: number | undefined;
  /** Bytes of the store's live pages, at most bytes it may have, and bytes of its files. */
  readonly usedBytes: number;
  readonly maxBytes: number;
  readonly fileBytes: number;
}

/**
 * Items by id. A higher version wins whatever the order of writes, and a delete wins over a put of
 * its version, so replays and reorderings change nothing.
 *
 * Writes resolve when they are durable: they survive the end of the process at once, kill -9
 * included, and the loss of power too as far as the disk keeps what it says it has flushed. They
 * reject with RankError `overloaded`, ITEMS_FULL, when there is no room; reading goes on. Of up to
 * 100 items that are rejected, none is stored; of more, each hundred is or is not.
 *
 * A store of another kind may answer reads with a promise; the embedded one answers at once.
 */
export interface ItemStore {
  /** Heads in the order of the ids; undefined where nothing is stored. For the hot path. */
  heads(
    ids: readonly string[],
  ): readonly (ItemHead | undefined)[] | Promise<readonly (ItemHead | undefined)[]>;
  get(id: string): Item | undefined | Promise<Item | undefined>;
  /** In the order of ids as UTF-8 bytes, from behind `after`. */
  list(page: {
    readonly after?: string | undefined;
    readonly limit: number;
  }): readonly ItemHead[] | Promise<readonly ItemHead[]>;

  /** The outcomes in the order of the items. */
  put(items: readonly ItemPut[]): Promise<readonly PutOutcome[]>;
  delete(items: readonly ItemDelete[]): Promise<readonly DeleteOutcome[]>;

  /** What a finished item has from now on. Kept in memory: set it after opening. */
  want(wanted: Wanted): void;
  /** Ids of stale items: those without any summary or ids first, then those that waited longest. */
  stale(limit: number): readonly string[] | Promise<readonly string[]>;
  settle(results: readonly ItemResult[]): Promise<void>;

  stats(): StoreStats | Promise<StoreStats>;
  /** Resolves when all writes have ended. */
  close(): Promise<void>;
}
