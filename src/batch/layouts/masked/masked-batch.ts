import type { GroupShape } from '../../packed-batch.ts';

/** The place of a padding row. It sees no key; its output is finite and never read. */
export const paddingRowPlace = -1;
/** The place of a padding key: beyond every row, so that none sees it. Exact in fp16 too. */
export const paddingKeyPlace = 65_504;

/** Tiles of one padded shape; a 1 x 1 dummy tile if the batch does not use the group. */
export interface AttentionGroup extends GroupShape {
  /** Packed token of each row. [B, S] */
  readonly rowIndex: Int32Array;
  /** Packed token of each key. [B, K] */
  readonly keyIndex: Int32Array;
  /** Position of each row in its sequence; a row sees the keys up to its own position. [B, S] */
  readonly rowPlace: Float32Array;
  /** Position of each key in the sequence. [B, K] */
  readonly keyPlace: Float32Array;
  /** Packed token of the tile's last real row: the last block computes only these rows. [B] */
  readonly lastIndex: Int32Array;
  /** Position of that row. [B] */
  readonly lastPlace: Float32Array;
}

/** A batch in the masked layout: tiles in groups, and places from which the graph makes masks. */
export interface MaskedBatch {
  /** [T] */
  readonly ids: Int32Array;
  /** Rotary positions; each candidate's continue from the prefix. [T] */
  readonly positions: BigInt64Array;
  readonly groups: readonly AttentionGroup[];
  /** Row of each packed token's attention output among all tiles' rows, group after group. [T] */
  readonly untile: Int32Array;
  /** Tile of each candidate among all tiles, group after group. [N] */
  readonly scored: Int32Array;
}
