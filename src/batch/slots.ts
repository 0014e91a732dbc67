/**
 * Counts attention-tile slots: the pairs of a row and a key that one attention computes. Those of
 * real rows and keys are work, all others are padding.
 */

import type { BatchPart, GroupShape } from './packed-batch.ts';
import { segmentLength, storedRows } from './segment.ts';

/** Consecutive rows of a segment, which one tile computes. */
export interface Piece {
  /** Rows of the segment before these. */
  readonly before: number;
  readonly rows: number;
}

/**
 * A longer segment is computed by several tiles. A row sees no key behind its own position, so the
 * tiles of a segment's first rows have fewer keys: four pieces have five eighths of the slots.
 * docs/decisions/tile-rows.md has the measurement.
 */
const mostRows = 64;
/**
 * More would save little and gather the first keys again and again. A batch has no more shapes
 * either.
 */
const mostPieces = 4;

/** The pieces of a segment, of nearly equal length. */
export function piecesOf(tokens: number): readonly Piece[] {
  const count = countPieces(tokens);
  return Array.from({ length: count }, (_, piece) => {
    const before = Math.floor((piece * tokens) / count);
    return { before, rows: Math.floor(((piece + 1) * tokens) / count) - before };
  });
}

/**
 * The real slots of this many computed tokens behind others: a prefix, and the segment's own stored
 * tokens. Called for every candidate.
 */
export function segmentSlots(tokensBefore: number, tokens: number): number {
  const count = countPieces(tokens);
  let slots = 0;
  let before = 0;
  for (let piece = 1; piece <= count; piece++) {
    const end = Math.floor((piece * tokens) / count);
    slots += (end - before) * (tokensBefore + end);
    before = end;
  }
  return slots;
}

function countPieces(tokens: number): number {
  return Math.min(mostPieces, Math.ceil(tokens / mostRows));
}

/** The real slots of parts that have not been packed. */
export function realSlots(parts: readonly BatchPart[]): number {
  let slots = 0;
  for (const { prefix, suffixes } of parts) {
    const prefixTokens = segmentLength(prefix);
    slots += segmentSlots(storedRows(prefix).length, prefix.ids.length);
    for (const suffix of suffixes) {
      slots += segmentSlots(prefixTokens + storedRows(suffix).length, suffix.ids.length);
    }
  }
  return slots;
}

/** All slots that are computed, padding included. */
export function paddedSlots({ groups }: { readonly groups: readonly GroupShape[] }): number {
  return groups.reduce((sum, { tiles, rows, keys }) => sum + tiles * rows * keys, 0);
}
