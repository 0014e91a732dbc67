import { at } from '../../base/at.ts';
import type { Reply } from '../../valkey/valkey.ts';
import { isStamp, type Stamp } from './stamp.ts';

/** A place in the stream of changes: of an entry, and how many changes there were until then. */
export interface Position {
  readonly entry: string;
  readonly changes: number;
}

export interface Change extends Position {
  readonly id: string;
  readonly stamp: Stamp;
}

/** Stamps by id of a part of all items. The last page has the cursor '0'. */
export interface Page {
  readonly cursor: string;
  readonly stamps: ReadonlyMap<string, Stamp>;
}

export type Claim = 'theirs' | 'ours' | 'made';

const longestIdBytes = 256;
const claims: readonly Claim[] = ['theirs', 'ours', 'made'];

/*
 * What replies of Valkey say. All functions give undefined for a reply that no honest server sends.
 */

function isList(reply: Reply | undefined): reply is readonly Reply[] {
  return Array.isArray(reply);
}

/** Whether it is a list of one or more sealed records, null where there is none. */
export function isRecords(reply: Reply): reply is readonly (Buffer | null)[] {
  const isRecord = (each: Reply) => each === null || Buffer.isBuffer(each);
  return isList(reply) && reply.length > 0 && reply.every(isRecord);
}

export function readNumber(reply: Reply): number | undefined {
  return typeof reply === 'number' ? reply : undefined;
}

/** A count in a field that may be missing. */
export function readCount(reply: Reply): number | undefined {
  return reply === null ? 0 : readDigits(reply);
}

export function readClaim(reply: Reply): Claim | undefined {
  return typeof reply === 'number' ? claims[reply] : undefined;
}

/** Null where there is none. */
export function readStamps(reply: Reply, count: number): readonly (Stamp | null)[] | undefined {
  const stamps = isList(reply) && reply.length === count ? reply.map(readStamp) : undefined;
  return stamps?.every((stamp) => stamp !== undefined) === true ? stamps : undefined;
}

/** A reply of HSCAN whose fields are 's' and an id. */
export function readPage(reply: Reply): Page | undefined {
  const [next, fields] = isList(reply) ? reply : [];
  const cursor = readText(next);
  if (!isList(fields) || cursor === undefined || !/^\d{1,20}$/.test(cursor)) {
    return undefined;
  }
  const stamps = new Map<string, Stamp>();
  for (let place = 0; place + 1 < fields.length; place += 2) {
    const id = readId(fields[place], 1);
    const stamp = readStamp(at(fields, place + 1));
    if (id !== undefined && typeof stamp === 'string') {
      stamps.set(id, stamp);
    }
  }
  return { cursor, stamps };
}

/** A reply of XRANGE or XREVRANGE. */
export function readChanges(reply: Reply | undefined): readonly Change[] | undefined {
  const changes = isList(reply) ? reply.map(readChange) : undefined;
  return changes?.every((change) => change !== undefined) === true ? changes : undefined;
}

/** A reply of XREAD of one stream. */
export function readNews(reply: Reply): readonly Change[] | undefined {
  const [stream] = isList(reply) ? reply : [];
  return reply === null ? [] : readChanges(isList(stream) ? stream[1] : undefined);
}

function readChange(reply: Reply): Change | undefined {
  const [first, fields] = isList(reply) ? reply : [];
  const [, count, , rawId, , rawStamp] = isList(fields) ? fields : [];
  const entry = readText(first);
  const id = readId(rawId, 0);
  const changes = readDigits(count);
  const stamp = readStamp(rawStamp ?? null);
  const isWhole = entry !== undefined && /^\d{1,20}-\d{1,20}$/.test(entry);
  return isWhole && id !== undefined && changes !== undefined && typeof stamp === 'string'
    ? { entry, changes, id, stamp }
    : undefined;
}

function readStamp(value: Reply): Stamp | null | undefined {
  const stamp = readText(value);
  return value === null ? null : stamp !== undefined && isStamp(stamp) ? stamp : undefined;
}

function readDigits(value: Reply | undefined): number | undefined {
  const text = readText(value);
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** The id behind so many bytes of a name. */
function readId(name: Reply | undefined, start: number): string | undefined {
  if (!Buffer.isBuffer(name) || name.length > longestIdBytes + start) {
    return undefined;
  }
  const id = name.subarray(start).toString();
  return id !== '' && Buffer.from(id).equals(name.subarray(start)) ? id : undefined;
}

/** One character a byte. */
function readText(value: Reply | undefined): string | undefined {
  return Buffer.isBuffer(value) ? value.toString('latin1') : undefined;
}
