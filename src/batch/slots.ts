/**
 * Counts attention-tile slots: the pairs of a row and a key that one attention computes. Those of
 * real rows and keys are work, all others are padding.
 */

import { at } from '../base/at.ts';
import {
  type AttentionGroup,
  type BatchPart,
  type GroupShape,
  type PackedBatch,
  paddingKeyPlace,
} from './packed-batch.ts';
import { segmentCost } from './segment.ts';

/** The real slots of parts that have not been packed. */
export function realSlots(parts: readonly BatchPart[]): number {
  let slots = 0;
  for (const { prefix, suffixes } of parts) {
    const prefixTokens = segmentCost(prefix);
    slots += prefixTokens ** 2;
    for (const suffix of suffixes) {
      const tokens = segmentCost(suffix);
      slots += tokens * (prefixTokens + tokens);
    }
  }
  return slots;
}

/** All slots that are computed, padding included. */
export function paddedSlots({ groups }: { readonly groups: readonly GroupShape[] }): number {
  return groups.reduce((sum, { tiles, rows, keys }) => sum + tiles * rows * keys, 0);
}

/** The real slots of a packed batch, read back from its buffers. */
export function countRealSlots(batch: PackedBatch): number {
  return batch.groups.reduce((sum, group) => sum + countInGroup(group), 0);
}

function countInGroup({ tiles, rows, keys, rowPlace, keyPlace }: AttentionGroup): number {
  let slots = 0;
  for (let tile = 0; tile < tiles; tile++) {
    const realRows = countWhere(rowPlace, tile * rows, rows, (place) => place >= 0);
    const realKeys = countWhere(keyPlace, tile * keys, keys, (place) => place < paddingKeyPlace);
    slots += realRows * realKeys;
  }
  return slots;
}

function countWhere(
  values: Float32Array,
  start: number,
  length: number,
  isReal: (value: number) => boolean,
): number {
  let count = 0;
  for (let i = start; i < start + length; i++) {
    count += isReal(at(values, i)) ? 1 : 0;
  }
  return count;
}
