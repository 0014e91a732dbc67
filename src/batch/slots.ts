/**
 * Counts attention-tile slots: the pairs of a row and a key that one attention computes. Those of
 * real rows and keys are work, all others are padding.
 */

import type { BatchPart, GroupShape } from './packed-batch.ts';
import { segmentLength } from './segment.ts';

/** The real slots of parts that have not been packed. */
export function realSlots(parts: readonly BatchPart[]): number {
  let slots = 0;
  for (const { prefix, suffixes } of parts) {
    const prefixTokens = segmentLength(prefix);
    slots += prefix.ids.length * prefixTokens;
    for (const suffix of suffixes) {
      slots += suffix.ids.length * (prefixTokens + segmentLength(suffix));
    }
  }
  return slots;
}

/** All slots that are computed, padding included. */
export function paddedSlots({ groups }: { readonly groups: readonly GroupShape[] }): number {
  return groups.reduce((sum, { tiles, rows, keys }) => sum + tiles * rows * keys, 0);
}
