import type { EncodedItem, Span } from '../item/compressor.ts';
import type { Summary } from '../item/item.ts';
import type { ItemRecord } from '../store/item-store.ts';

/** Raise it when the form of records changes: others then leave the new ones alone. */
const format = 1;
/** Of a summary's text in parts, and of token ids. A candidate has far fewer. */
const mostSpans = 100_000;
const mostIds = 65_536;
const mostNameBytes = 256;
const mostVersion = 2n ** 64n - 1n;

type PackedSummary = [string, number[], number, number, string, string];

export interface RecordLimits {
  /** Most bytes of a title, a text and a summary. */
  readonly textBytes: number;
}

/**
 * The bytes of a record without its id, for `unpackRecord`: a list of format and version and, for
 * an item, title (empty for none), text, summary and token ids, as JSON.
 */
export function packRecord(record: ItemRecord): Buffer {
  return Buffer.from(JSON.stringify(packed(record)));
}

function packed(record: ItemRecord): readonly unknown[] {
  const version = String(record.version);
  if (record.kind === 'tombstone') {
    return [format, version];
  }
  const { title = '', text, summary, encoded } = record;
  return [
    format,
    version,
    title,
    text,
    summary === undefined ? null : packSummary(summary),
    encoded === undefined ? null : packIds(encoded),
  ];
}

function packSummary({ text, kept, tokens, rawTokens, method, version }: Summary): PackedSummary {
  const places = kept.flatMap(({ start, end }) => [start, end]);
  return [text, places, tokens, rawTokens, method, version];
}

function packIds({ encoding, ids }: EncodedItem): [string, string] {
  return [encoding, Buffer.from(Int32Array.from(ids).buffer).toString('base64')];
}

/**
 * The record, if the bytes have all the form that `packRecord` gives them and texts as the server
 * takes them from its own clients. Undefined else: they come from a machine that may lie.
 */
export function unpackRecord(
  id: string,
  bytes: Uint8Array,
  limits: RecordLimits,
): ItemRecord | undefined {
  const list = parseList(bytes);
  const version = list === undefined ? undefined : readVersion(list[1]);
  if (list?.[0] !== format || version === undefined) {
    return undefined;
  }
  if (list.length === 2) {
    return { kind: 'tombstone', id, version };
  }
  const [, , title, text, rawSummary, rawIds] = list;
  const summary = rawSummary === null ? undefined : readSummary(rawSummary, limits);
  const encoded = rawIds === null ? undefined : readIds(rawIds);
  const isWhole =
    list.length === 6 &&
    isText(title, limits.textBytes) &&
    isText(text, limits.textBytes) &&
    (summary !== undefined || rawSummary === null) &&
    (encoded !== undefined || rawIds === null);
  return isWhole
    ? { kind: 'item', id, version, title: title === '' ? undefined : title, text, summary, encoded }
    : undefined;
}

function parseList(bytes: Uint8Array): readonly unknown[] | undefined {
  try {
    const parsed: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    return Array.isArray(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

function readVersion(value: unknown): bigint | undefined {
  if (typeof value !== 'string' || !/^[1-9]\d{0,19}$/.test(value)) {
    return undefined;
  }
  const version = BigInt(value);
  return version > mostVersion ? undefined : version;
}

function readSummary(value: unknown, { textBytes }: RecordLimits): Summary | undefined {
  if (!Array.isArray(value) || value.length !== 6) {
    return undefined;
  }
  const [text, places, tokens, rawTokens, method, version] = value as readonly unknown[];
  const kept = readSpans(places);
  return isText(text, textBytes) &&
    isText(method, mostNameBytes) &&
    isText(version, mostNameBytes) &&
    isCount(tokens) &&
    isCount(rawTokens) &&
    kept !== undefined
    ? { text, kept, tokens, rawTokens, method, version }
    : undefined;
}

function readSpans(value: unknown): readonly Span[] | undefined {
  if (!Array.isArray(value) || value.length % 2 !== 0 || value.length > 2 * mostSpans) {
    return undefined;
  }
  const places: readonly unknown[] = value;
  const kept: Span[] = [];
  for (let place = 0; place < places.length; place += 2) {
    const [start, end] = [places[place], places[place + 1]];
    if (!isCount(start) || !isCount(end) || start > end) {
      return undefined;
    }
    kept.push({ start, end });
  }
  return kept;
}

function readIds(value: unknown): EncodedItem | undefined {
  if (!Array.isArray(value) || value.length !== 2) {
    return undefined;
  }
  const [encoding, text] = value as readonly unknown[];
  if (!isText(encoding, mostNameBytes) || !isText(text, 6 * mostIds)) {
    return undefined;
  }
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length % 4 !== 0 || bytes.toString('base64') !== text || bytes.length > 4 * mostIds) {
    return undefined;
  }
  const ids = Int32Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readInt32LE(4 * i));
  return ids.every((id) => id >= 0) ? { encoding, ids } : undefined;
}

/** A text without lone surrogates, which UTF-8 cannot hold, and of so many bytes at most. */
function isText(value: unknown, mostBytes: number): value is string {
  return (
    typeof value === 'string' &&
    !/\p{Surrogate}/u.test(value) &&
    Buffer.byteLength(value) <= mostBytes
  );
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
