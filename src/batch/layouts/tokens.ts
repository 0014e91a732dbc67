/** What all layouts share: the packed tokens, and the segments that they come from. */

import type { BatchPart } from '../packed-batch.ts';
import { type Segment, segmentCost, segmentLength, storedRows } from '../segment.ts';

/**
 * The cost of the parts in packed tokens: each prefix once, and each candidate with its suffix.
 * Without stored states, the tokens that the linear layers compute.
 */
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
  const tokens = parts.reduce(
    (sum, { prefix, suffixes }) =>
      suffixes.reduce((all, { ids: own }) => all + own.length, sum + prefix.ids.length),
    0,
  );
  const ids = new Int32Array(tokens);
  const positions = new BigInt64Array(tokens);
  // Only the lower halves are written, since a BigInt for each token would take half of the time of
  // packing. They come first: all processors that Node runs on here are little-endian.
  const halves = new Int32Array(positions.buffer);
  let start = 0;
  const lay = (segment: Segment, firstPosition: number) => {
    ids.set(segment.ids, start);
    const firstComputed = firstPosition + storedRows(segment).length;
    for (let i = 0; i < segment.ids.length; i++) {
      halves[2 * (start + i)] = firstComputed + i;
    }
    start += segment.ids.length;
  };
  for (const { prefix, suffixes } of parts) {
    lay(prefix, 0);
    suffixes.forEach((suffix) => lay(suffix, segmentLength(prefix)));
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
 * The segments, none of which is stored, in the order of their tokens.
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
    const prefixLength = computedTokens(prefix);
    if (prefixLength > 0) {
      const rows = prefixLength;
      tiles.push({ start, rows, prefixStart, prefixLength: 0, candidate: undefined });
    }
    start += prefixLength;
    for (const suffix of suffixes) {
      const rows = computedTokens(suffix);
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

function computedTokens(segment: Segment): number {
  if (segment.kind === 'states') {
    throw new RangeError('this layout reads no stored states; this is a bug');
  }
  return segment.ids.length;
}
