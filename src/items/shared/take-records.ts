import { RankError } from '../../base/errors.ts';
import type { ItemRecord } from '../store/item-store.ts';
import { type LocalItems, localStamp } from './local-records.ts';
import type { RemoteItems } from './remote-items.ts';
import { isNews, type Stamp } from './stamp.ts';

type RecordSource = Pick<RemoteItems, 'records'>;

export interface TakerParts {
  readonly local: LocalItems;
  readonly remote: RecordSource;
  readonly wanted: () => string | undefined;
  /** Records changed what is stored here. */
  readonly onTaken: () => void;
  /** The store could not take records. */
  readonly onFault: (error: unknown) => void;
}

/** Takes records of other servers over, and counts them. */
export class Taker {
  /** Records that changed what is stored here. */
  taken = 0;
  /** Items that there was no room for. */
  refused = 0;
  /** Records that did not come although there was a stamp, or could not be believed. */
  lost = 0;
  readonly #parts: TakerParts;

  constructor(parts: TakerParts) {
    this.#parts = parts;
  }

  /** Reads and stores what is news of these; their number. Undefined: there was no answer. */
  async take(stamps: ReadonlyMap<string, Stamp>): Promise<number | undefined> {
    const { local, wanted } = this.#parts;
    const news = [...stamps].filter(([id, stamp]) =>
      isNews(stamp, localStamp(local, id), wanted()),
    );
    const records = await readSome(
      this.#parts.remote,
      news.map(([id]) => id),
    );
    this.lost += records === undefined ? 0 : news.length - records.length;
    return await this.#store(records);
  }

  /** As `take`, of whatever there is under these ids. */
  async fetch(
    ids: readonly string[],
    remote: RecordSource = this.#parts.remote,
  ): Promise<number | undefined> {
    return await this.#store(await readSome(remote, ids));
  }

  async #store(records: readonly ItemRecord[] | undefined): Promise<number | undefined> {
    if (records === undefined) {
      return undefined;
    }
    const taken = records.length === 0 ? 0 : await this.#merge(records);
    this.taken += taken;
    if (taken > 0) {
      this.#parts.onTaken();
    }
    return taken;
  }

  /** Deletes need no room: those of a full store are not lost with the items beside them. */
  async #merge(records: readonly ItemRecord[]): Promise<number> {
    const { local, onFault } = this.#parts;
    try {
      const outcomes = await local.merge(records);
      return outcomes.filter((outcome) => outcome === 'taken').length;
    } catch (error) {
      if (records.length === 1 || !isFull(error)) {
        this.refused += records.length;
        onFault(error);
        return 0;
      }
      let taken = 0;
      for (const record of records) {
        taken += await this.#merge([record]);
      }
      return taken;
    }
  }
}

async function readSome(remote: RecordSource, ids: readonly string[]) {
  return ids.length === 0 ? [] : await remote.records(ids);
}

function isFull(error: unknown): boolean {
  return error instanceof RankError && error.kind === 'overloaded';
}
