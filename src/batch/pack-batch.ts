import { at } from '../base/at.ts';
import {
  type AttentionGroup,
  type BatchPart,
  type GroupShape,
  type PackedBatch,
  paddingKeyPlace,
  paddingRowPlace,
} from './packed-batch.ts';
import { type Segment, segmentCost } from './segment.ts';
import { assignGroups } from './tile-groups.ts';

/**
 * Key lengths are rounded up to a multiple of this. CUDA's memory-efficient attention accepts a
 * mask only if its rows are multiples of 4 elements (ONNX Runtime, pull request 27831), otherwise
 * the slow kernel runs; and rounded shapes repeat more often.
 */
const keyStep = 4;

/** A segment before it is padded. It attends to its request's prefix and to itself. */
interface Tile {
  /** Packed token of its first row. */
  readonly start: number;
  readonly rows: number;
  /** The prefix's packed tokens, from `prefixStart` on; none if the tile is a prefix. */
  readonly prefixStart: number;
  readonly prefixLength: number;
  /** Index of the candidate in the batch; undefined for a prefix. */
  readonly candidate: number | undefined;
}

interface PackLimits {
  readonly attentionGroups: number;
}

/** Tokens that the linear layers compute: each prefix once, and each candidate with its suffix. */
export function packedTokens(parts: readonly BatchPart[]): number {
  let tokens = 0;
  for (const { prefix, suffixes } of parts) {
    tokens += segmentCost(prefix);
    for (const suffix of suffixes) {
      tokens += segmentCost(suffix);
    }
  }
  return tokens;
}

/**
 * Lays out the parts' tokens one after the other and arranges their segments in tiles. Pure: the
 * batch shares no memory with the parts. Logits come in the order of the candidates.
 *
 * @throws RangeError if a candidate is empty or there is none; both are bugs, because every
 * candidate has a suffix.
 */
export function packBatch(
  parts: readonly BatchPart[],
  { attentionGroups }: PackLimits,
): PackedBatch {
  const tiles = tilesOf(parts);
  const groupOf = assignGroups(tiles.map(sizeOf), attentionGroups);
  const members = Array.from({ length: attentionGroups }, (_, group) =>
    tiles.filter((_tile, index) => groupOf[index] === group),
  );
  const groups = members.map(fillGroup);
  const { ids, positions } = layTokens(parts);
  return { ids, positions, groups, ...locateTiles(tiles, members, groups) };
}

/** The shapes of the groups into which `packBatch` would arrange these parts. */
export function planGroups(
  parts: readonly BatchPart[],
  { attentionGroups }: PackLimits,
): readonly GroupShape[] {
  const sizes = tilesOf(parts).map(sizeOf);
  const groupOf = assignGroups(sizes, attentionGroups);
  return Array.from({ length: attentionGroups }, (_, group) =>
    paddedShape(sizes.filter((_size, index) => groupOf[index] === group)),
  );
}

function tilesOf(parts: readonly BatchPart[]): Tile[] {
  const tiles: Tile[] = [];
  let start = 0;
  let candidate = 0;
  for (const { prefix, suffixes } of parts) {
    const prefixStart = start;
    const prefixLength = segmentCost(prefix);
    if (prefixLength > 0) {
      const rows = prefixLength;
      tiles.push({ start, rows, prefixStart, prefixLength: 0, candidate: undefined });
    }
    start += prefixLength;
    for (const suffix of suffixes) {
      const rows = segmentCost(suffix);
      if (rows === 0) {
        throw new RangeError('a candidate has 0 tokens; at least 1 (its suffix); this is a bug');
      }
      tiles.push({ start, rows, prefixStart, prefixLength, candidate });
      start += rows;
      candidate += 1;
    }
  }
  if (candidate === 0) {
    throw new RangeError('a batch has 0 candidates; at least 1; this is a bug');
  }
  return tiles;
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

function layTokens(parts: readonly BatchPart[]) {
  const tokens = packedTokens(parts);
  const ids = new Int32Array(tokens);
  const positions = new BigInt64Array(tokens);
  let start = 0;
  const lay = (segment: Segment, firstPosition: number) => {
    ids.set(segment.ids, start);
    for (let i = 0; i < segment.ids.length; i++) {
      positions[start + i] = BigInt(firstPosition + i);
    }
    start += segment.ids.length;
  };
  for (const { prefix, suffixes } of parts) {
    lay(prefix, 0);
    suffixes.forEach((suffix) => lay(suffix, segmentCost(prefix)));
  }
  return { ids, positions };
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
