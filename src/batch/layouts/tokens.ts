/** What all layouts share: the packed tokens, and the segments that they come from. */

import type { BatchPart } from '../packed-batch.ts';
import { type Segment, segmentCost } from '../segment.ts';

/** Tokens that the linear layers compute: each prefix once, and each candidate with its suffix. */
export function packedTokens(parts: readonly BatchPart[]): number {
  let tokens = 0;
  for (const { prefix, suffixes } of parts) {
    tokens += segmentCost(prefix);
    for (const suffix of suffixes) {
      tokens += segmentCost(suffix);
    }
  }
  return tokens;
}

/** The parts' tokens one after the other: their ids and their rotary positions. [T] each */
export function layTokens(parts: readonly BatchPart[]) {
  const tokens = packedTokens(parts);
  const ids = new Int32Array(tokens);
  const positions = new BigInt64Array(tokens);
  let start = 0;
  const lay = (segment: Segment, firstPosition: number) => {
    ids.set(segment.ids, start);
    for (let i = 0; i < segment.ids.length; i++) {
      positions[start + i] = BigInt(firstPosition + i);
    }
    start += segment.ids.length;
  };
  for (const { prefix, suffixes } of parts) {
    lay(prefix, 0);
    suffixes.forEach((suffix) => lay(suffix, segmentCost(prefix)));
  }
  return { ids, positions };
}

/** A segment among the packed tokens. It attends to its request's prefix and to itself. */
export interface Tile {
  /** Packed token of its first row. */
  readonly start: number;
  readonly rows: number;
  /** The prefix's packed tokens, from `prefixStart` on; none if the tile is a prefix. */
  readonly prefixStart: number;
  readonly prefixLength: number;
  /** Index of the candidate in the batch; undefined for a prefix. */
  readonly candidate: number | undefined;
}

/**
 * The segments in the order of their tokens.
 *
 * @throws RangeError if a candidate is empty or there is none; both are bugs, because every
 * candidate has a suffix.
 */
export function tilesOf(parts: readonly BatchPart[]): Tile[] {
  const tiles: Tile[] = [];
  let start = 0;
  let candidate = 0;
  for (const { prefix, suffixes } of parts) {
    const prefixStart = start;
    const prefixLength = segmentCost(prefix);
    if (prefixLength > 0) {
      const rows = prefixLength;
      tiles.push({ start, rows, prefixStart, prefixLength: 0, candidate: undefined });
    }
    start += prefixLength;
    for (const suffix of suffixes) {
      const rows = segmentCost(suffix);
      if (rows === 0) {
        throw new RangeError('a candidate has 0 tokens; at least 1 (its suffix); this is a bug');
      }
      tiles.push({ start, rows, prefixStart, prefixLength, candidate });
      start += rows;
      candidate += 1;
    }
  }
  if (candidate === 0) {
    throw new RangeError('a batch has 0 candidates; at least 1; this is a bug');
  }
  return tiles;
}
