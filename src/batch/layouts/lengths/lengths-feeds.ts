import type { Feed } from '../../packed-batch.ts';
import type { FeedSpec } from '../layout.ts';

/** T packed tokens, N candidates, and B tiles of S rows and K keys. */
export const lengthsFeeds = {
  ids: { name: 'ids', type: 'int32', dims: ['T'] },
  // A column, as in the masked layout, with the same limit of T on CUDA.
  positions: { name: 'positions', type: 'int64', dims: ['T', 1] },
  rows: { name: 'rows', type: 'int32', dims: ['B', 'S'] },
  keys: { name: 'keys', type: 'int32', dims: ['B', 'K'] },
  lengths: { name: 'lengths', type: 'int64', dims: ['B'] },
  untile: { name: 'untile', type: 'int64', dims: ['T', 2] },
  lastRows: { name: 'lastRows', type: 'int32', dims: ['N'] },
  lastTiles: { name: 'lastTiles', type: 'int32', dims: ['N'] },
  lastLengths: { name: 'lastLengths', type: 'int64', dims: ['N'] },
} as const satisfies Record<string, FeedSpec>;

/** A batch in the layout, before its buffers are named. */
export interface LengthsBatch {
  /** The one shape of all tiles. */
  readonly tiles: number;
  readonly tileRows: number;
  readonly tileKeys: number;
  /** [T] */
  readonly ids: Int32Array;
  /** Rotary positions; each candidate's continue from the prefix. [T] */
  readonly positions: BigInt64Array;
  /** Packed token of each row. [B, S] */
  readonly rows: Int32Array;
  /** Packed token of each key. [B, K] */
  readonly keys: Int32Array;
  /**
   * Keys of each tile up to its last row, padding rows included: row i sees the first
   * `lengths - S + i + 1` keys. [B]
   */
  readonly lengths: BigInt64Array;
  /** Tile and row of each packed token. [T, 2] */
  readonly untile: BigInt64Array;
  /** Packed token of each candidate's last row: the last block computes only these rows. [N] */
  readonly lastRows: Int32Array;
  /** The tile of that row, which has all of the candidate's keys. [N] */
  readonly lastTiles: Int32Array;
  /** How many keys that row sees. [N] */
  readonly lastLengths: BigInt64Array;
}

/** The batch's buffers under the graph's input names. Copies nothing. */
export function feedsOf(batch: LengthsBatch): Feed[] {
  const { tiles, tileRows, tileKeys } = batch;
  const tokens = batch.ids.length;
  const candidates = batch.lastRows.length;
  const dims: Readonly<Record<keyof typeof lengthsFeeds, readonly number[]>> = {
    ids: [tokens],
    positions: [tokens, 1],
    rows: [tiles, tileRows],
    keys: [tiles, tileKeys],
    lengths: [tiles],
    untile: [tokens, 2],
    lastRows: [candidates],
    lastTiles: [candidates],
    lastLengths: [candidates],
  };
  return Object.values(lengthsFeeds).map(({ name }) => ({
    name,
    data: batch[name],
    dims: dims[name],
  }));
}
