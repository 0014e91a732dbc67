import { randomUUID } from 'node:crypto';
import type { Clock } from '../../base/clock.ts';
import type { Item, Wanted } from '../item/item.ts';
import type { Fleet } from '../keeper.ts';
import type {
  DeleteOutcome,
  ItemDelete,
  ItemPut,
  ItemResult,
  ItemStore,
  PutOutcome,
} from '../store/item-store.ts';
import type { LmdbItemStore } from '../store/lmdb-store.ts';
import { Follower } from './follower.ts';
import { localStamp } from './local-records.ts';
import type { WalkPace } from './next-move.ts';
import { RemoteItems, type RemoteItemsParts } from './remote-items.ts';
import { Sender } from './sender.ts';
import { finishedStamp, wantedRecipe } from './stamp.ts';
import { Taker } from './take-records.ts';

export interface SharedItemsParts
  extends Pick<RemoteItemsParts, 'valkey' | 'waiting' | 'seal' | 'limits'> {
  readonly local: LmdbItemStore;
  /** Longest wait for Valkey of a request that ranks. */
  readonly timeoutMs: number;
  /** Ends the connections. */
  readonly disconnect: () => void;
  readonly clock: Clock;
  readonly pace?: WalkPace;
  /** Records of others could not be stored. */
  readonly onFault: (error: unknown) => void;
}

/** What sharing has done since the start. */
export interface SharedState {
  /** Records of other servers that changed what is stored here. */
  readonly taken: number;
  /** Records there was no room for. */
  readonly refused: number;
  /** Changes of others that are still to be taken; undefined until all items were compared. */
  readonly behind: number | undefined;
  /** Ids that are still to be sent. */
  readonly waiting: number;
  /** Records and lists that no honest server has sent. */
  readonly bad: number;
  /** Comparisons of all items. */
  readonly walks: number;
}

/** A write waits so long at most until it is sent. */
const mostSendMs = 100;
const mostCloseMs = 1000;

/**
 * A server's own store, kept the same as those of other servers through Valkey. All is read from
 * the own store; what Valkey does decides when items come, and never whether a call succeeds.
 */
export class SharedItems implements ItemStore, Fleet {
  readonly #parts: SharedItemsParts;
  readonly #remote: RemoteItems;
  /** For requests that rank. */
  readonly #hasty: RemoteItems;
  readonly #sender: Sender;
  readonly #follower: Follower;
  readonly #taker: Taker;
  #wanted: string | undefined;
  #tellNews: () => void = () => undefined;
  #bad = 0;

  constructor(parts: SharedItemsParts) {
    const { local, valkey, waiting, seal, limits, timeoutMs, clock, onFault, pace } = parts;
    const server = randomUUID();
    const onBad = () => (this.#bad += 1);
    const wanted = () => this.#wanted;
    const onTaken = () => this.#tellNews();
    const onOverflow = () => this.#follower.walk();
    const remote = new RemoteItems({ valkey, waiting, seal, limits, server, onBad });
    this.#parts = parts;
    this.#remote = remote;
    this.#hasty = new RemoteItems({ valkey, waiting, seal, limits, server, onBad, timeoutMs });
    const taker = new Taker({ local, remote, wanted, onTaken, onFault });
    const paced = pace === undefined ? {} : { pace };
    this.#taker = taker;
    this.#follower = new Follower({ local, remote, taker, wanted, clock, ...paced });
    this.#sender = new Sender({ local, remote, wanted, clock, onOverflow });
  }

  heads(ids: readonly string[]) {
    return this.#parts.local.heads(ids);
  }

  async get(id: string): Promise<Item | undefined> {
    const { local } = this.#parts;
    const item = local.get(id);
    if (item !== undefined || id === '') {
      return item;
    }
    await this.fetch([id]);
    return local.get(id);
  }

  list(page: Parameters<ItemStore['list']>[0]) {
    return this.#parts.local.list(page);
  }

  async put(items: readonly ItemPut[]): Promise<readonly PutOutcome[]> {
    const stored = this.#parts.local.put(items);
    // Of many items, some may be stored although others found no room.
    stored.catch(() => this.#sender.send(items.map(idOf)));
    const outcomes = await stored;
    await this.#send(items.filter((_, place) => outcomes[place] === 'stored'));
    return outcomes;
  }

  /** Without a version it deletes what the fleet has, if this server has not heard of it yet. */
  async delete(items: readonly ItemDelete[]): Promise<readonly DeleteOutcome[]> {
    const { local } = this.#parts;
    const unheard = items.filter(
      ({ id, version }) => version === undefined && local.stored(id).kind === 'nothing',
    );
    if (unheard.length > 0) {
      await this.fetch(unheard.map(({ id }) => id));
    }
    const outcomes = await local.delete(items);
    await this.#send(items.filter(({ id }) => local.stored(id).kind === 'tombstone'));
    return outcomes;
  }

  want(wanted: Wanted): void {
    this.#parts.local.want(wanted);
    const recipe = wantedRecipe(wanted);
    const isNew = recipe !== this.#wanted;
    this.#wanted = recipe;
    if (recipe !== undefined && isNew) {
      // Others may have made everything by this recipe already.
      this.#follower.walk();
    }
  }

  stale(limit: number): readonly string[] {
    return this.#parts.local.stale(limit);
  }

  async settle(results: readonly ItemResult[]): Promise<void> {
    await this.#parts.local.settle(results);
    void this.#sender.send(results.filter(({ hasFailed }) => hasFailed !== true).map(idOf));
  }

  stats() {
    return this.#parts.local.stats();
  }

  state(): SharedState {
    return {
      taken: this.#taker.taken,
      refused: this.#taker.refused,
      behind: this.#follower.behind,
      waiting: this.#sender.waiting,
      bad: this.#bad,
      walks: this.#follower.walks,
    };
  }

  /** Waits once for the answer, and as long again for the own store to take the items. */
  async fetch(ids: readonly string[]): Promise<void> {
    await this.#soon(this.#taker.fetch(ids, this.#hasty), 2 * this.#parts.timeoutMs);
  }

  onNews(callback: () => void): void {
    this.#tellNews = callback;
  }

  async claim(id: string): Promise<boolean> {
    const { local } = this.#parts;
    const stamp = localStamp(local, id);
    if (stamp === undefined || this.#wanted === undefined) {
      return true;
    }
    const finished = finishedStamp(stamp, this.#wanted);
    const claim = await this.#remote.claim(id, finished);
    if (claim !== 'made') {
      return claim !== 'theirs';
    }
    await this.#taker.fetch([id], this.#remote);
    // A record that was lost or cannot be believed is made here.
    return localStamp(local, id) === stamp;
  }

  /**
   * Sends what waits, if that takes no longer than a second. Resolves when all writes have ended
   * and the store is closed.
   */
  async close(): Promise<void> {
    await this.#soon(this.#sender.send([]), mostCloseMs);
    // A server that is slow, or lies, would keep what is under way from ending.
    this.#parts.disconnect();
    await Promise.all([this.#follower.close(), this.#sender.close()]);
    await this.#parts.local.close();
  }

  async #send(items: readonly { readonly id: string }[]): Promise<void> {
    if (items.length > 0) {
      await this.#soon(this.#sender.send(items.map(idOf)), mostSendMs);
    }
  }

  /** Waits for the work, but not for long: it goes on without the caller. */
  async #soon(work: Promise<unknown>, mostMs: number): Promise<void> {
    const { clock } = this.#parts;
    await new Promise<void>((resolve, reject) => {
      const cancel = clock.at(clock.nowMs() + mostMs, resolve);
      work.then(() => resolve(), reject).finally(cancel);
    });
  }
}

function idOf({ id }: { readonly id: string }): string {
  return id;
}
