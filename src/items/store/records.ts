import { at } from '../../base/at.ts';
import type { EncodedItem } from '../item/compressor.ts';
import type { ItemHead, Summary } from '../item/item.ts';

/** A head as it is stored, with the word under which the index has it. */
export interface HeadRecord extends ItemHead {
  readonly progress: string;
}

export interface SourceRecord {
  readonly text: string;
}

/**
 * Records as lists for MessagePack: half the size of objects. Versions are text, because JavaScript
 * numbers hold 53 bits. The number of the schema stands in the store's facts.
 */
export type PackedHead = readonly [
  version: string,
  contentHash: Uint8Array,
  updatedAtMs: number,
  waitingSinceMs: number,
  failures: number,
  progress: string,
  summary: PackedSummary | null,
  encoded: PackedIds | null,
  /** Empty for none. */
  title: string,
];
type PackedSummary = readonly [
  text: string,
  /** Starts and ends in turn. */
  kept: readonly number[],
  tokens: number,
  rawTokens: number,
  method: string,
  version: string,
];
/** Two bytes an id where that is enough, four otherwise, the lowest byte first. */
type PackedIds = readonly [encoding: string, bytesOfId: number, ids: Uint8Array];
export type PackedSource = readonly [text: string];

export function packHead(head: HeadRecord): PackedHead {
  const { version, contentHash, updatedAtMs, waitingSinceMs, failures, progress } = head;
  return [
    String(version),
    Buffer.from(contentHash, 'hex'),
    updatedAtMs,
    waitingSinceMs,
    failures,
    progress,
    head.summary === undefined ? null : packSummary(head.summary),
    head.encoded === undefined ? null : packIds(head.encoded),
    head.title ?? '',
  ];
}

export function unpackHead(id: string, packed: PackedHead): HeadRecord {
  const [version, hash, updatedAtMs, waitingSinceMs, failures, progress, ...made] = packed;
  const [summary, encoded, title] = made;
  return {
    id,
    version: BigInt(version),
    title: title === '' ? undefined : title,
    contentHash: Buffer.from(hash.buffer, hash.byteOffset, hash.length).toString('hex'),
    updatedAtMs,
    waitingSinceMs,
    failures,
    progress,
    summary: summary === null ? undefined : unpackSummary(summary),
    encoded: encoded === null ? undefined : unpackIds(encoded),
  };
}

export function packSource({ text }: SourceRecord): PackedSource {
  return [text];
}

export function unpackSource([text]: PackedSource): SourceRecord {
  return { text };
}

function packSummary({ text, kept, tokens, rawTokens, method, version }: Summary): PackedSummary {
  const places = kept.flatMap(({ start, end }) => [start, end]);
  return [text, places, tokens, rawTokens, method, version];
}

function unpackSummary([text, places, tokens, rawTokens, method, version]: PackedSummary): Summary {
  const kept = Array.from({ length: places.length / 2 }, (_, i) => ({
    start: at(places, 2 * i),
    end: at(places, 2 * i + 1),
  }));
  return { text, kept, tokens, rawTokens, method, version };
}

function packIds({ encoding, ids }: EncodedItem): PackedIds {
  const isShort = ids.every((id) => id < 65_536);
  const stored = isShort ? Uint16Array.from(ids) : Uint32Array.from(ids);
  return [encoding, stored.BYTES_PER_ELEMENT, new Uint8Array(stored.buffer)];
}

function unpackIds([encoding, bytesOfId, bytes]: PackedIds): EncodedItem {
  const { buffer, byteOffset, byteLength } = bytes;
  const view = new DataView(buffer, byteOffset, byteLength);
  const ids = new Int32Array(byteLength / bytesOfId);
  for (let i = 0; i < ids.length; i++) {
    const place = i * bytesOfId;
    ids[i] = bytesOfId === 2 ? view.getUint16(place, true) : view.getInt32(place, true);
  }
  return { encoding, ids };
}
