/**
 * Consecutive positions of one sequence that the model computes: a request's prefix, or one
 * candidate with the suffix.
 *
 * Only token ids exist so far. Further kinds will join the union: `states`, a candidate whose keys
 * and values are stored and of which only the suffix is computed, and `embeddings`, positions given
 * as embedding rows. Packing a batch distinguishes the kinds; scheduling sees only `segmentCost`.
 */
export interface Segment {
  readonly kind: 'tokens';
  readonly ids: Int32Array;
}

export function tokenSegment(ids: Int32Array): Segment {
  return { kind: 'tokens', ids };
}

/** How many packed tokens the segment adds to a batch. */
export function segmentCost({ ids }: Segment): number {
  return ids.length;
}
