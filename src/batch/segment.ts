/**
 * Consecutive positions of one sequence: a request's prefix, or one candidate with the suffix.
 * Packing a batch distinguishes the kinds; scheduling sees only `segmentCost`. A further kind may
 * join them: `embeddings`, positions given as embedding rows.
 */
export type Segment = TokenSegment | StateSegment;

/** All of it is computed. */
export interface TokenSegment {
  readonly kind: 'tokens';
  readonly ids: Int32Array;
  /** Undefined where no states are kept. */
  readonly keep?: KeepStates;
}

/** States of the segment's first tokens to keep, once they are computed. */
export interface KeepStates {
  readonly key: string;
  readonly tokens: number;
  /** Rows of the arena for them, one for each; undefined while none are assigned. */
  readonly rows?: Int32Array;
}

/** The keys and values of its first tokens are stored, and only the rest is computed. */
export interface StateSegment {
  readonly kind: 'states';
  /** The tokens that are computed: they follow the stored ones. */
  readonly ids: Int32Array;
  /** Rows of the arena, one for each stored token. */
  readonly rows: Int32Array;
}

const noRows = new Int32Array();

/**
 * Stored tokens that cost as much to read as one costs to compute (the bundled int8 model, 20
 * computed tokens behind 24 to 300 stored ones: npm run bench:states).
 */
export const readsPerToken = 12;

export function tokenSegment(ids: Int32Array): TokenSegment {
  return { kind: 'tokens', ids };
}

/** The arena's rows of the tokens that are not computed. */
export function storedRows(segment: Segment): Int32Array {
  return segment.kind === 'states' ? segment.rows : noRows;
}

/** The positions of the segment, computed or stored. */
export function segmentLength(segment: Segment): number {
  return storedRows(segment).length + segment.ids.length;
}

/** The cost of the segment in a batch, in packed tokens. */
export function segmentCost(segment: Segment): number {
  return segment.ids.length + Math.ceil(storedRows(segment).length / readsPerToken);
}
