import { at } from '../../../base/at.ts';
import type { BatchPart, GroupShape, PackedBatch } from '../../packed-batch.ts';
import { piecesOf } from '../../slots.ts';
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

/** Consecutive keys of a tile: packed tokens, or rows of another list that the graph gathers. */
export interface KeySpan {
  readonly start: number;
  readonly length: number;
}

/** Rows among the packed tokens. They attend to their keys, the last of which are their own. */
export interface MaskedTile extends Pick<Tile, 'start' | 'rows' | 'candidate'> {
  readonly keys: readonly KeySpan[];
}

/** Tiles in groups of one padded shape each, with a mask: each group has its own attention. */
export const masked: Layout = {
  pack: (parts, attentionGroups) => packTiles(parts, maskedTiles(parts), attentionGroups),
  mostLengths: (attentionGroups) => attentionGroups,
  planGroups: (parts, attentionGroups) => planTiles(maskedTiles(parts), attentionGroups),
};

/** The batch before its buffers are named. */
export function packMasked(parts: readonly BatchPart[], attentionGroups: number): MaskedBatch {
  return arrangeTiles(parts, maskedTiles(parts), attentionGroups);
}

export function packTiles(
  parts: readonly BatchPart[],
  tiles: readonly MaskedTile[],
  attentionGroups: number,
): PackedBatch {
  const batch = arrangeTiles(parts, tiles, attentionGroups);
  const shapes = batch.groups.map(({ tiles: count, rows, keys }) => ({ tiles: count, rows, keys }));
  return {
    tokens: batch.ids.length,
    candidates: batch.scored.length,
    groups: shapes,
    feeds: feedsOf(batch),
  };
}

/** The groups of the batch that `packTiles` would make. */
export function planTiles(
  tiles: readonly MaskedTile[],
  attentionGroups: number,
): readonly GroupShape[] {
  const sizes = tiles.flatMap(inPieces).map(sizeOf);
  const groupOf = assignGroups(sizes, attentionGroups);
  return Array.from({ length: attentionGroups }, (_, group) =>
    paddedShape(sizes.filter((_size, index) => groupOf[index] === group)),
  );
}

function maskedTiles(parts: readonly BatchPart[]): MaskedTile[] {
  return tilesOf(parts).map(({ start, rows, candidate, prefixStart, prefixLength }) => ({
    start,
    rows,
    candidate,
    keys: [
      { start: prefixStart, length: prefixLength },
      { start, length: rows },
    ],
  }));
}

/**
 * A long segment as several tiles: the rows before a piece are keys of it too. A candidate is
 * scored by its last piece.
 */
function inPieces({ start, rows: all, candidate, keys }: MaskedTile): MaskedTile[] {
  const own = at(keys, keys.length - 1);
  return piecesOf(all).map(({ before, rows }) => ({
    start: start + before,
    rows,
    candidate: before + rows === all ? candidate : undefined,
    keys: [...keys.slice(0, -1), { start: own.start, length: before + rows }],
  }));
}

function arrangeTiles(
  parts: readonly BatchPart[],
  segments: readonly MaskedTile[],
  attentionGroups: number,
): MaskedBatch {
  const tiles = segments.flatMap(inPieces);
  const groupOf = assignGroups(tiles.map(sizeOf), attentionGroups);
  const members = Array.from({ length: attentionGroups }, (_, group) =>
    tiles.filter((_tile, index) => groupOf[index] === group),
  );
  const groups = members.map(fillGroup);
  const { ids, positions } = layTokens(parts);
  return { ids, positions, groups, ...locateTiles(tiles, members, groups) };
}

function countKeys({ keys }: MaskedTile): number {
  return keys.reduce((sum, { length }) => sum + length, 0);
}

function sizeOf(tile: MaskedTile) {
  return { rows: tile.rows, keys: Math.ceil(countKeys(tile) / keyStep) * keyStep };
}

function paddedShape(sizes: readonly ReturnType<typeof sizeOf>[]): GroupShape {
  return {
    tiles: Math.max(1, sizes.length),
    rows: Math.max(1, ...sizes.map(({ rows }) => rows)),
    keys: Math.max(1, ...sizes.map(({ keys }) => keys)),
  };
}

function fillGroup(members: readonly MaskedTile[]): AttentionGroup {
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
function fillTile(group: AttentionGroup, tile: MaskedTile, index: number): void {
  const last = tile.start + tile.rows - 1;
  const keys = countKeys(tile);
  for (let row = 0, slot = index * group.rows; row < group.rows; row++, slot++) {
    group.rowIndex[slot] = Math.min(tile.start + row, last);
    group.rowPlace[slot] = row < tile.rows ? keys - tile.rows + row : paddingRowPlace;
  }
  fillKeys(group, tile, index);
  group.lastIndex[index] = last;
  group.lastPlace[index] = keys - 1;
}

function fillKeys(group: AttentionGroup, tile: MaskedTile, index: number): void {
  const first = index * group.keys;
  let key = 0;
  let last = 0;
  for (const { start, length } of tile.keys) {
    for (let i = 0; i < length; i++, key++) {
      last = start + i;
      group.keyIndex[first + key] = last;
      group.keyPlace[first + key] = key;
    }
  }
  group.keyIndex.fill(last, first + key, first + group.keys);
  group.keyPlace.fill(paddingKeyPlace, first + key, first + group.keys);
}

/** Where the packed tokens' rows and the candidates' tiles are among those of all groups. */
function locateTiles(
  tiles: readonly MaskedTile[],
  members: readonly (readonly MaskedTile[])[],
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
