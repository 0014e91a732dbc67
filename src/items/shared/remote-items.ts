import { createHash } from 'node:crypto';
import { at } from '../../base/at.ts';
import type { Seal } from '../../valkey/seal.ts';
import type { Reply, Valkey } from '../../valkey/valkey.ts';
import type { ItemRecord } from '../store/item-store.ts';
import type { StampedRecord } from './local-records.ts';
import { packRecord, type RecordLimits, unpackRecord } from './pack-record.ts';
import {
  type Change,
  type Claim,
  isRecords,
  type Page,
  type Position,
  readChanges,
  readClaim,
  readCount,
  readNews,
  readNumber,
  readPage,
  readStamps,
} from './read-replies.ts';
import { claimScript, pushScript, recordsScript } from './scripts.ts';
import { bareRecipe, type Stamp, stampLength } from './stamp.ts';

export interface RemoteItemsParts {
  readonly valkey: ItemConnection;
  /** Another connection, for waiting for changes. */
  readonly waiting: ItemConnection;
  /** Longest wait for an answer; undefined: the connection's own. */
  readonly timeoutMs?: number | undefined;
  readonly seal: Seal;
  readonly limits: RecordLimits;
  /** Of this process, among all servers of the items. */
  readonly server: string;
  /** Hears of each record or reply that no honest server has sent. */
  readonly onBad: () => void;
}

export type ItemConnection = Pick<Valkey, 'run'>;

type Args = readonly (string | number | Buffer)[];

/** The version of the format is part of the names; so is that of the fleet. */
const prefix = 'slmrank:items1';
/** Before the first entry. */
const startEntry = '0-0';
/** Entries of the stream that are kept, about. A server that is further behind reads all items. */
const streamEntries = 100_000;
const claimMs = 60_000;
/** Of records in one reply, and in one push. */
const batchBytes = 262_144;
const mostRecordBytes = 8_388_608;
export const batchItems = 100;
const pageStamps = 200;
/** An id with its framing. */
const idBytes = 288;
/** Of a number, or a stamp with its framing. */
const wordBytes = 64;
const stampBytes = stampLength + 16;

/**
 * The items that servers share in Valkey. A call gives undefined when there is no answer in time,
 * or one that makes no sense; it never throws. Nothing that comes from there is believed: records
 * are sealed to their ids and checked, and stamps only say what is worth reading.
 */
export class RemoteItems {
  readonly #parts: RemoteItemsParts;
  readonly #itemsKey: string;
  readonly #streamKey: string;
  /** Of one record with its seal. As JSON, control characters take six bytes each. */
  readonly #recordBytes: number;

  constructor(parts: RemoteItemsParts) {
    this.#parts = parts;
    this.#itemsKey = `${prefix}:${parts.seal.fleet}`;
    this.#streamKey = `${this.#itemsKey}:changes`;
    this.#recordBytes = Math.min(4 * parts.limits.textBytes + batchBytes, mostRecordBytes);
  }

  /** How many of the records were news there. Those that are too large are left out. */
  async push(pushed: readonly StampedRecord[], wanted = ''): Promise<number | undefined> {
    const sealed = pushed.flatMap(({ record, stamp }) => {
      const bytes = this.#parts.seal.seal(record.id, packRecord(record));
      return bytes.length > this.#recordBytes ? [] : [record.id, stamp, bytes];
    });
    const keys = [this.#itemsKey, this.#streamKey];
    const args = [pushScript, 2, ...keys, streamEntries, wanted, bareRecipe, ...sealed];
    return sealed.length === 0 ? 0 : await this.#ask('EVAL', args, wordBytes, readNumber);
  }

  /** Records of these ids; those that are missing or bad are left out. */
  async records(ids: readonly string[]): Promise<readonly ItemRecord[] | undefined> {
    const found: ItemRecord[] = [];
    for (let place = 0; place < ids.length; ) {
      const asked = ids.slice(place, place + batchItems);
      const args = [recordsScript, 1, this.#itemsKey, batchBytes, ...asked];
      const mostBytes = batchBytes + this.#recordBytes;
      const reply = await this.#ask('EVAL', args, mostBytes, (list) =>
        isRecords(list) && list.length <= asked.length ? list : undefined,
      );
      if (reply === undefined) {
        return undefined;
      }
      found.push(...reply.flatMap((sealed, i) => this.#open(at(asked, i), sealed) ?? []));
      place += reply.length;
    }
    return found;
  }

  /** The stamps of these ids, in their order; null where there is none. */
  async stamps(ids: readonly string[]): Promise<readonly (Stamp | null)[] | undefined> {
    const args = [this.#itemsKey, ...ids.map((id) => `s${id}`)];
    return await this.#ask('HMGET', args, ids.length * stampBytes, (reply) =>
      readStamps(reply, ids.length),
    );
  }

  /** Stamps of a part of all items, in no order. */
  async page(cursor: string): Promise<Page | undefined> {
    const args = [this.#itemsKey, cursor, 'MATCH', 's*', 'COUNT', pageStamps];
    // The server gives more than asked for where entries share a bucket.
    const mostBytes = 20 * pageStamps * (idBytes + stampBytes);
    return await this.#ask('HSCAN', args, mostBytes, readPage);
  }

  /** The end of the stream. */
  async end(): Promise<Position | undefined> {
    const changes = await this.#changes();
    if (changes === undefined) {
      return undefined;
    }
    const args = [this.#streamKey, '+', '-', 'COUNT', 1];
    const last = await this.#ask('XREVRANGE', args, 2 * idBytes, readChanges);
    const [newest] = last ?? [];
    return last && (newest ?? { entry: startEntry, changes });
  }

  /** Whether the stream has this place still, and how many changes there were by now. */
  async check({ entry, changes }: Position): Promise<StreamState | undefined> {
    const now = await this.#changes();
    if (now === undefined || entry === startEntry) {
      return now === undefined ? undefined : { isThere: now >= changes, changes: now };
    }
    const args = [this.#streamKey, entry, entry];
    const found = await this.#ask('XRANGE', args, 2 * idBytes, readChanges);
    const isThere = found?.[0]?.changes === changes && now >= changes;
    return found && { isThere, changes: now };
  }

  /** Changes behind a place, at once or within `waitMs`. */
  async changes({ entry }: Position, waitMs: number): Promise<readonly Change[] | undefined> {
    const args = ['COUNT', batchItems, 'BLOCK', waitMs, 'STREAMS', this.#streamKey, entry];
    const mostBytes = batchItems * 2 * idBytes;
    const { waiting } = this.#parts;
    return this.#read(await waiting.run('XREAD', args, { mostBytes }), readNews);
  }

  /** Whether this server is to make an item that will have this stamp. */
  async claim(id: string, finished: Stamp): Promise<Claim | undefined> {
    const name = createHash('sha256').update(`${id} ${finished}`).digest('base64url').slice(0, 22);
    const keys = [this.#itemsKey, `${this.#itemsKey}:claim:${name}`];
    const args = [claimScript, 2, ...keys, id, finished, this.#parts.server, claimMs];
    return await this.#ask('EVAL', args, wordBytes, readClaim);
  }

  async #changes(): Promise<number | undefined> {
    return await this.#ask('HGET', [this.#itemsKey, 'n'], wordBytes, readCount);
  }

  async #ask<Answer>(
    name: string,
    args: Args,
    mostBytes: number,
    read: (reply: Reply) => Answer | undefined,
  ): Promise<Answer | undefined> {
    const { valkey, timeoutMs } = this.#parts;
    return this.#read(await valkey.run(name, args, { mostBytes, timeoutMs }), read);
  }

  #read<Answer>(
    reply: Reply | undefined,
    read: (reply: Reply) => Answer | undefined,
  ): Answer | undefined {
    const answer = reply === undefined ? undefined : read(reply);
    if (reply !== undefined && answer === undefined) {
      this.#parts.onBad();
    }
    return answer;
  }

  #open(id: string, sealed: Reply): ItemRecord | undefined {
    const { seal, limits } = this.#parts;
    const bytes = Buffer.isBuffer(sealed) ? seal.open(id, sealed) : undefined;
    const record = bytes && unpackRecord(id, bytes, limits);
    if (record === undefined && sealed !== null) {
      this.#parts.onBad();
    }
    return record;
  }
}

export interface StreamState {
  readonly isThere: boolean;
  /** Of the whole stream. */
  readonly changes: number;
}
