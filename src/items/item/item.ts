import { createHash } from 'node:crypto';
import type { CompressedText, EncodedItem } from './compressor.ts';

/** An item as its owner gives it. */
export interface ItemSource {
  readonly id: string;
  /** The source's own, 1 to 2^64 - 1: of two, the higher one counts, whichever came first. */
  readonly version: bigint;
  /** Undefined for none; never empty. */
  readonly title: string | undefined;
  readonly text: string;
}

/** A short form of an item's text, and what made it. */
export interface Summary extends CompressedText {
  readonly method: string;
  /** Of the compressor. */
  readonly version: string;
}

/** What ranking by id reads: everything but the source's text, which is much larger. */
export interface ItemHead {
  readonly id: string;
  readonly version: bigint;
  /** Undefined for none; never empty. */
  readonly title: string | undefined;
  /** Of title and text. Summary and ids are always of this content. */
  readonly contentHash: string;
  readonly updatedAtMs: number;
  /** When it last began to wait for what it lacks. */
  readonly waitingSinceMs: number;
  /** Failed compressions of this content in a row. */
  readonly failures: number;
  readonly summary: Summary | undefined;
  readonly encoded: EncodedItem | undefined;
}

export interface Item extends ItemHead, ItemSource {}

/** What a finished item has. */
export interface Wanted {
  /** Undefined: items need no summary. */
  readonly summary: Pick<Summary, 'method' | 'version'> | undefined;
  /** Undefined: items need no token ids. */
  readonly encoding: string | undefined;
  /** After so many failures in a row an item is left alone until something else is wanted. */
  readonly mostFailures: number;
}

/** Identifies title and text. 128 bits: chance will not make two of them equal. */
export function hashContent({ title = '', text }: Pick<ItemSource, 'title' | 'text'>): string {
  return createHash('sha256').update(`${title.length}:${title}${text}`).digest('hex').slice(0, 32);
}

/** The token ids that a model of this encoding can use; undefined: the texts are to be encoded. */
export function usableIds(
  { encoded }: Pick<ItemHead, 'encoded'>,
  encoding: string,
): Int32Array | undefined {
  const isUsable = encoded?.encoding === encoding && encoded.ids.length > 0;
  return isUsable ? encoded.ids : undefined;
}
