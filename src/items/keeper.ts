import type { Clock } from '../base/clock.ts';
import type { Compressor } from './item/compressor.ts';
import { CompressLoop } from './compress/compress-loop.ts';
import { type ItemEncoder, summarize } from './compress/make-item.ts';
import { hashContent, type ItemHead } from './item/item.ts';
import type { ItemPut, ItemStore, PutOutcome, StoreStats } from './store/item-store.ts';

/** Other servers that have the same items. */
export interface Fleet {
  /** Takes over the items of these ids that others have. Resolves in time, whatever happens. */
  fetch(ids: readonly string[]): Promise<void>;
  /** Whether this server is to make what an item lacks; else another does, or has. */
  claim(id: string): Promise<boolean>;
  /** Calls back after items of others were taken over. */
  onNews(callback: () => void): void;
}

export interface KeeperParts {
  readonly store: ItemStore;
  /** Makes the summaries in spare time; without it the fallback's stay. */
  readonly compressor?: Compressor | undefined;
  /** Makes first summaries at once: fast. */
  readonly fallback?: Compressor | undefined;
  /** Whether the server has capacity that no request needs. */
  readonly spare: () => boolean;
  readonly clock: Clock;
  readonly fleet?: Fleet | undefined;
  /** Called for an item when making its summary or token ids failed. */
  readonly onFault?: (error: unknown, id: string) => void;
}

/** What makes the items' summaries and token ids. */
export interface ItemMakers extends Pick<KeeperParts, 'compressor' | 'fallback'> {
  readonly encoder: ItemEncoder | undefined;
}

/** The store's numbers, and what was done since the start. */
export interface ItemsState extends StoreStats {
  /** How long the oldest stale item has waited. */
  readonly lagMs: number;
  /** Summaries by method. */
  readonly compressed: ReadonlyMap<string, number>;
  readonly failed: number;
  /** Ids that were looked up and are not stored. */
  readonly missed: number;
}

/** Attempts at a summary before an item is left alone. */
const mostFailures = 3;
const mostRunning = 4;

/** A store whose items get summaries and token ids: at once where that is fast, else later. */
export class ItemKeeper {
  readonly store: ItemStore;
  readonly #parts: KeeperParts;
  readonly #loop: CompressLoop;
  #makers: ItemMakers;
  #missed = 0;

  constructor(parts: KeeperParts) {
    const { store, compressor, fallback, spare, clock, fleet } = parts;
    const { onFault = () => undefined } = parts;
    this.#parts = parts;
    this.store = store;
    this.#makers = { compressor, fallback, encoder: undefined };
    this.#loop = new CompressLoop({
      store,
      makers: () => {
        const { compressor: best, fallback: first, encoder } = this.#makers;
        return { compressor: best ?? first, encoder };
      },
      spare,
      clock,
      mostRunning,
      claim: fleet && ((id) => fleet.claim(id)),
      onFault,
    });
    fleet?.onNews(() => this.#loop.wake());
    this.makeWith(this.#makers);
  }

  get compressor(): Compressor | undefined {
    return this.#makers.compressor;
  }

  get fallback(): Compressor | undefined {
    return this.#makers.fallback;
  }

  /**
   * Summaries and token ids are made by these from now on, such as those of another model. What
   * others have made stays until it is made anew.
   */
  makeWith(makers: ItemMakers): void {
    this.#makers = makers;
    const { compressor, fallback, encoder } = makers;
    const summary = compressor ?? fallback;
    this.store.want({ summary, encoding: encoder?.encoding, mostFailures });
    this.#loop.wake();
  }

  /** As `ItemStore.put`, with a first summary for new content where there is a fallback. */
  async put(items: readonly ItemPut[], signal?: AbortSignal): Promise<readonly PutOutcome[]> {
    const heads = await this.store.heads(items.map(({ id }) => id));
    const summed: ItemPut[] = [];
    for (const [place, item] of items.entries()) {
      const { fallback } = this;
      summed.push(
        fallback === undefined || !isNew(item, heads[place])
          ? item
          : await this.#withSummary(item, fallback, signal),
      );
    }
    const outcomes = await this.store.put(summed);
    this.#loop.wake();
    return outcomes;
  }

  /** Heads for ranking; asks the fleet for those not stored, and counts the still missing. */
  async lookUp(ids: readonly string[]): Promise<readonly (ItemHead | undefined)[]> {
    const { fleet } = this.#parts;
    let heads = await this.store.heads(ids);
    const missing = ids.filter((_, place) => heads[place] === undefined);
    if (fleet !== undefined && missing.length > 0) {
      await fleet.fetch(missing);
      heads = await this.store.heads(ids);
    }
    this.#missed += heads.filter((head) => head === undefined).length;
    return heads;
  }

  async state(): Promise<ItemsState> {
    const stats = await this.store.stats();
    const { oldestStaleSinceMs: since } = stats;
    return {
      ...stats,
      lagMs: since === undefined ? 0 : Math.max(0, this.#parts.clock.nowMs() - since),
      compressed: this.#loop.made,
      failed: this.#loop.failures,
      missed: this.#missed,
    };
  }

  /** Resolves when all writes have ended and the store is closed. */
  async close(): Promise<void> {
    await this.#loop.close();
    await this.store.close();
  }

  async #withSummary(item: ItemPut, by: Compressor, signal?: AbortSignal): Promise<ItemPut> {
    try {
      const { summary, encoded } = await summarize(item, by, signal);
      this.#loop.made.set(by.method, (this.#loop.made.get(by.method) ?? 0) + 1);
      return { ...item, summary, encoded };
    } catch (error) {
      if (signal?.aborted === true) {
        throw error;
      }
      // It is stored without one, and tried again later.
      this.#loop.failures += 1;
      this.#parts.onFault?.(error, item.id);
      return item;
    }
  }
}

function isNew(item: ItemPut, head: ItemHead | undefined): boolean {
  return (
    head === undefined || (item.version > head.version && hashContent(item) !== head.contentHash)
  );
}
