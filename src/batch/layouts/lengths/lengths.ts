import type { BatchPart, GroupShape } from '../../packed-batch.ts';
import type { Layout } from '../layout.ts';
import { layTokens, type Tile, tilesOf } from '../tokens.ts';
import { feedsOf, type LengthsBatch } from './lengths-feeds.ts';
import { cheapestShape } from './tile-shape.ts';

/**
 * Tiles of one shape, without a mask: a tile has its number of keys, and its rows see the keys
 * before their own. All segments share one attention, and the kernels for it are those that take no
 * mask (flash attention on CUDA).
 */
export const lengths: Layout = {
  pack(parts) {
    const batch = packLengths(parts);
    const { tiles, tileRows, tileKeys } = batch;
    return {
      tokens: batch.ids.length,
      candidates: batch.lastRows.length,
      groups: [{ tiles, rows: tileRows, keys: tileKeys }],
      feeds: feedsOf(batch),
    };
  },

  planGroups: (parts) => [cheapestShape(tilesOf(parts))],

  // A full batch counts for more than its padding, of which the kernels skip the keys.
  mostLengths: () => 4,
};

/**
 * The batch before its buffers are named. Padding is on the right and repeats the tile's last
 * token: a real row never sees a padding key, because that is behind all rows before it.
 */
export function packLengths(
  parts: readonly BatchPart[],
  chooseShape: (segments: readonly Tile[]) => GroupShape = cheapestShape,
): LengthsBatch {
  const segments = tilesOf(parts);
  const shape = chooseShape(segments);
  const { ids, positions } = layTokens(parts);
  const batch = emptyBatch(shape, { ids, positions }, segments);
  let tile = 0;
  for (const segment of segments) {
    for (let first = 0; first < segment.rows; first += shape.rows) {
      fillTile(batch, tile, segment, first);
      tile += 1;
    }
    if (segment.candidate !== undefined) {
      batch.lastRows[segment.candidate] = segment.start + segment.rows - 1;
      batch.lastTiles[segment.candidate] = tile - 1;
      batch.lastLengths[segment.candidate] = BigInt(segment.prefixLength + segment.rows);
    }
  }
  return batch;
}

function emptyBatch(
  { tiles, rows, keys }: GroupShape,
  tokens: Pick<LengthsBatch, 'ids' | 'positions'>,
  segments: readonly Tile[],
): LengthsBatch {
  const candidates = segments.filter(({ candidate }) => candidate !== undefined).length;
  return {
    tiles,
    tileRows: rows,
    tileKeys: keys,
    ...tokens,
    rows: new Int32Array(tiles * rows),
    keys: new Int32Array(tiles * keys),
    lengths: new BigInt64Array(tiles),
    untile: new BigInt64Array(2 * tokens.ids.length),
    lastRows: new Int32Array(candidates),
    lastTiles: new Int32Array(candidates),
    lastLengths: new BigInt64Array(candidates),
  };
}

/** A tile of the segment's rows from `first` on, with the keys of the prefix and up to its rows. */
function fillTile(batch: LengthsBatch, tile: number, segment: Tile, first: number): void {
  const { tileRows, tileKeys, rows, keys, untile } = batch;
  const { start, prefixStart, prefixLength } = segment;
  const last = start + segment.rows - 1;
  for (let row = 0, slot = tile * tileRows; row < tileRows; row++, slot++) {
    const token = start + first + row;
    rows[slot] = Math.min(token, last);
    if (token <= last) {
      untile[2 * token] = BigInt(tile);
      untile[2 * token + 1] = BigInt(row);
    }
  }
  for (let key = 0, slot = tile * tileKeys; key < tileKeys; key++, slot++) {
    const own = start + key - prefixLength;
    keys[slot] = key < prefixLength ? prefixStart + key : Math.min(own, last);
  }
  batch.lengths[tile] = BigInt(prefixLength + first + tileRows);
}
