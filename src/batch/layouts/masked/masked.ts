import { at } from '../../../base/at.ts';
import type { BatchPart, GroupShape } from '../../packed-batch.ts';
import type { Layout } from '../layout.ts';
import { layTokens, type Tile, tilesOf } from '../tokens.ts';
import {
  type AttentionGroup,
  type MaskedBatch,
  paddingKeyPlace,
  paddingRowPlace,
} from './masked-batch.ts';
import { feedsOf } from './masked-feeds.ts';
import { assignGroups } from './tile-groups.ts';

/**
 * Key lengths are rounded up to a multiple of this. CUDA's memory-efficient attention accepts a
 * mask only if its rows are multiples of 4 elements (ONNX Runtime, pull request 27831), otherwise
 * the slow kernel runs; and rounded shapes repeat more often.
 */
const keyStep = 4;

/** Tiles in groups of one padded shape each, with a mask: each group has its own attention. */
export const masked: Layout = {
  pack(parts, attentionGroups) {
    const batch = packMasked(parts, attentionGroups);
    const shapes = batch.groups.map(({ tiles, rows, keys }) => ({ tiles, rows, keys }));
    return {
      tokens: batch.ids.length,
      candidates: batch.scored.length,
      groups: shapes,
      feeds: feedsOf(batch),
    };
  },

  mostLengths: (attentionGroups) => attentionGroups,

  planGroups(parts, attentionGroups) {
    const sizes = tilesOf(parts).map(sizeOf);
    const groupOf = assignGroups(sizes, attentionGroups);
    return Array.from({ length: attentionGroups }, (_, group) =>
      paddedShape(sizes.filter((_size, index) => groupOf[index] === group)),
    );
  },
};

/** The batch before its buffers are named. */
export function packMasked(parts: readonly BatchPart[], attentionGroups: number): MaskedBatch {
  const tiles = tilesOf(parts);
  const groupOf = assignGroups(tiles.map(sizeOf), attentionGroups);
  const members = Array.from({ length: attentionGroups }, (_, group) =>
    tiles.filter((_tile, index) => groupOf[index] === group),
  );
  const groups = members.map(fillGroup);
  const { ids, positions } = layTokens(parts);
  return { ids, positions, groups, ...locateTiles(tiles, members, groups) };
}

function sizeOf({ prefixLength, rows }: Tile) {
  return { rows, keys: Math.ceil((prefixLength + rows) / keyStep) * keyStep };
}

function paddedShape(sizes: readonly ReturnType<typeof sizeOf>[]): GroupShape {
  return {
    tiles: Math.max(1, sizes.length),
    rows: Math.max(1, ...sizes.map(({ rows }) => rows)),
    keys: Math.max(1, ...sizes.map(({ keys }) => keys)),
  };
}

function fillGroup(members: readonly Tile[]): AttentionGroup {
  const { tiles, rows, keys } = paddedShape(members.map(sizeOf));
  const group: AttentionGroup = {
    tiles,
    rows,
    keys,
    rowIndex: new Int32Array(tiles * rows),
    keyIndex: new Int32Array(tiles * keys),
    rowPlace: new Float32Array(tiles * rows).fill(paddingRowPlace),
    keyPlace: new Float32Array(tiles * keys).fill(paddingKeyPlace),
    lastIndex: new Int32Array(tiles),
    lastPlace: new Float32Array(tiles).fill(paddingRowPlace),
  };
  members.forEach((tile, index) => fillTile(group, tile, index));
  return group;
}

/** Padding repeats the tile's last token: it is never seen, so any token of the request will do. */
function fillTile(group: AttentionGroup, tile: Tile, index: number): void {
  const last = tile.start + tile.rows - 1;
  const keys = tile.prefixLength + tile.rows;
  for (let row = 0, slot = index * group.rows; row < group.rows; row++, slot++) {
    group.rowIndex[slot] = Math.min(tile.start + row, last);
    group.rowPlace[slot] = row < tile.rows ? tile.prefixLength + row : paddingRowPlace;
  }
  for (let key = 0, slot = index * group.keys; key < group.keys; key++, slot++) {
    const own = tile.start + key - tile.prefixLength;
    group.keyIndex[slot] = key < tile.prefixLength ? tile.prefixStart + key : Math.min(own, last);
    group.keyPlace[slot] = key < keys ? key : paddingKeyPlace;
  }
  group.lastIndex[index] = last;
  group.lastPlace[index] = keys - 1;
}

/** Where the packed tokens' rows and the candidates' tiles are among those of all groups. */
function locateTiles(
  tiles: readonly Tile[],
  members: readonly (readonly Tile[])[],
  groups: readonly GroupShape[],
) {
  const untile = new Int32Array(tiles.reduce((sum, tile) => sum + tile.rows, 0));
  const scored = new Int32Array(tiles.filter(({ candidate }) => candidate !== undefined).length);
  let rowsBefore = 0;
  let tilesBefore = 0;
  groups.forEach((group, index) => {
    at(members, index).forEach((tile, i) => {
      if (tile.candidate !== undefined) {
        scored[tile.candidate] = tilesBefore + i;
      }
      for (let row = 0; row < tile.rows; row++) {
        untile[tile.start + row] = rowsBefore + i * group.rows + row;
      }
    });
    rowsBefore += group.tiles * group.rows;
    tilesBefore += group.tiles;
  });
  return { untile, scored };
}
