import type { AttentionGroup, BatchPart, PackedBatch } from './packed-batch.ts';
import { assignGroups } from './ladder.ts';

/** Sees no key: the place of a row that is padding. Its output is finite and nobody reads it. */
const paddingRowPlace = -1;
/** Beyond every row: no row sees a key that is padding. Exact in fp16 too. */
const paddingKeyPlace = 65_504;

/**
 * Key lengths are rounded up to this. CUDA's memory-efficient attention takes a mask only with rows of a multiple of
 * 4 elements (ONNX Runtime, pull request 27831), else the slow kernel runs; and fewer shapes repeat more often.
 */
const keyStep = 4;

/** A row of the attention before it has a padded shape: its packed tokens, the first `shared` of them the prefix's. */
interface Tile {
  /** Packed token of the segment's first row; the segment is contiguous. */
  readonly start: number;
  readonly rows: number;
  /** The shared prefix: packed tokens [prefixStart, prefixStart + prefixLength). */
  readonly prefixStart: number;
  readonly prefixLength: number;
  readonly scored: boolean;
}

/** Tokens the linear layers run over: each prefix once, each candidate with its suffix. */
export function packedTokens(parts: readonly BatchPart[]): number {
  return parts.reduce(
    (total, { prefix, suffixes }) =>
      total + prefix.length + suffixes.reduce((sum, suffix) => sum + suffix.length, 0),
    0,
  );
}

/**
 * Lays the parts' tokens out one after the other and their segments into tiles. Pure; the batch shares no memory
 * with the parts. The logits' order is the candidates' order.
 *
 * @throws RangeError when a candidate is empty (it has a suffix always: this is a bug) or there is none.
 */
export function packBatch(
  parts: readonly BatchPart[],
  { attentionGroups }: { readonly attentionGroups: number },
): PackedBatch {
  const tiles = tilesOf(parts);
  const sizes = tiles.map((tile) => ({ rows: tile.rows, keys: paddedKeys(tile) }));
  const groupOf = assignGroups(sizes, attentionGroups);
  const members = Array.from({ length: attentionGroups }, (_, group) =>
    tiles.filter((_tile, index) => groupOf[index] === group),
  );
  const groups = members.map(fillGroup);
  const { ids, positions } = layTokens(parts);
  return { ids, positions, groups, ...placesAmongTiles(tiles, members, groups) };
}

/** The groups' shapes that `packBatch` would give these parts, without laying anything out. */
export function planGroups(
  parts: readonly BatchPart[],
  { attentionGroups }: { readonly attentionGroups: number },
): readonly Pick<AttentionGroup, 'tiles' | 'rows' | 'keys'>[] {
  const sizes = tilesOf(parts).map((tile) => ({ rows: tile.rows, keys: paddedKeys(tile) }));
  const groupOf = assignGroups(sizes, attentionGroups);
  return Array.from({ length: attentionGroups }, (_, group) => {
    const own = sizes.filter((_size, index) => groupOf[index] === group);
    return {
      tiles: Math.max(1, own.length),
      rows: Math.max(1, ...own.map(({ rows }) => rows)),
      keys: Math.max(1, ...own.map(({ keys }) => keys)),
    };
  });
}

function tilesOf(parts: readonly BatchPart[]): Tile[] {
  const tiles: Tile[] = [];
  let at = 0;
  for (const { prefix, suffixes } of parts) {
    const prefixStart = at;
    const prefixLength = prefix.length;
    if (prefixLength > 0) {
      tiles.push({ start: at, rows: prefixLength, prefixStart, prefixLength: 0, scored: false });
    }
    at += prefixLength;
    for (const { length: rows } of suffixes) {
      if (rows === 0) {
        throw new RangeError(`a candidate has 0 tokens; at least 1 (its suffix); this is a bug`);
      }
      tiles.push({ start: at, rows, prefixStart, prefixLength, scored: true });
      at += rows;
    }
  }
  if (!tiles.some((tile) => tile.scored)) {
    throw new RangeError('a batch has 0 candidates; at least 1; this is a bug');
  }
  return tiles;
}

function paddedKeys({ prefixLength, rows }: Tile): number {
  return Math.ceil((prefixLength + rows) / keyStep) * keyStep;
}

function layTokens(parts: readonly BatchPart[]): Pick<PackedBatch, 'ids' | 'positions'> {
  const tokens = packedTokens(parts);
  const ids = new Int32Array(tokens);
  const positions = new BigInt64Array(tokens);
  let at = 0;
  const lay = (segment: Int32Array, firstPosition: number) => {
    ids.set(segment, at);
    for (let i = 0; i < segment.length; i++) {
      positions[at + i] = BigInt(firstPosition + i);
    }
    at += segment.length;
  };
  for (const { prefix, suffixes } of parts) {
    lay(prefix, 0);
    suffixes.forEach((suffix) => lay(suffix, prefix.length));
  }
  return { ids, positions };
}

function fillGroup(members: readonly Tile[]): AttentionGroup {
  const tiles = Math.max(1, members.length);
  const rows = Math.max(1, ...members.map((tile) => tile.rows));
  const keys = Math.max(1, ...members.map(paddedKeys));
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

/** Padding repeats the tile's last token: any token of the tile's own request will do, it is never seen. */
function fillTile(group: AttentionGroup, tile: Tile, index: number): void {
  const last = tile.start + tile.rows - 1;
  const keys = tile.prefixLength + tile.rows;
  for (let row = 0, at = index * group.rows; row < group.rows; row++, at++) {
    group.rowIndex[at] = Math.min(tile.start + row, last);
    group.rowPlace[at] = row < tile.rows ? tile.prefixLength + row : paddingRowPlace;
  }
  for (let key = 0, at = index * group.keys; key < group.keys; key++, at++) {
    const own = tile.start + key - tile.prefixLength;
    group.keyIndex[at] = key < tile.prefixLength ? tile.prefixStart + key : Math.min(own, last);
    group.keyPlace[at] = key < keys ? key : paddingKeyPlace;
  }
  group.lastIndex[index] = last;
  group.lastPlace[index] = keys - 1;
}

/** `members` are subsequences of `tiles`, so walking the tiles in order meets each group's in order too. */
function placesAmongTiles(
  tiles: readonly Tile[],
  members: readonly (readonly Tile[])[],
  groups: readonly AttentionGroup[],
): Pick<PackedBatch, 'untile' | 'scored'> {
  const home = new Map<Tile, { rowsBefore: number; tilesBefore: number }>();
  let rowsBefore = 0;
  let tilesBefore = 0;
  groups.forEach((group, index) => {
    members[index]?.forEach((tile, i) =>
      home.set(tile, { rowsBefore: rowsBefore + i * group.rows, tilesBefore: tilesBefore + i }),
    );
    rowsBefore += group.tiles * group.rows;
    tilesBefore += group.tiles;
  });
  const untile = new Int32Array(tiles.reduce((sum, tile) => sum + tile.rows, 0));
  const scored: number[] = [];
  for (const tile of tiles) {
    const place = home.get(tile) ?? { rowsBefore: 0, tilesBefore: 0 };
    for (let row = 0; row < tile.rows; row++) {
      untile[tile.start + row] = place.rowsBefore + row;
    }
    if (tile.scored) {
      scored.push(place.tilesBefore);
    }
  }
  return { untile, scored: Int32Array.from(scored) };
}

/** Attention-tile slots (row x key pairs) of a batch: those of real rows and keys, and all that are computed. */
export function attentionSlots(batch: PackedBatch): {
  readonly real: number;
  readonly padded: number;
} {
  let real = 0;
  let padded = 0;
  for (const { tiles, rows, keys, rowPlace, keyPlace } of batch.groups) {
    padded += tiles * rows * keys;
    for (let tile = 0; tile < tiles; tile++) {
      const realRows = countWhere(rowPlace, tile * rows, rows, (place) => place >= 0);
      const realKeys = countWhere(keyPlace, tile * keys, keys, (place) => place < paddingKeyPlace);
      real += realRows * realKeys;
    }
  }
  return { real, padded };
}

/** Slots of real rows and keys that the parts' segments have, before they are packed. */
export function realSlots(parts: readonly BatchPart[]): number {
  return parts.reduce(
    (total, { prefix, suffixes }) =>
      suffixes.reduce(
        (sum, { length }) => sum + length * (prefix.length + length),
        total + prefix.length ** 2,
      ),
    0,
  );
}

/** All slots that are computed. */
export function paddedSlots({
  groups,
}: {
  readonly groups: readonly Pick<AttentionGroup, 'tiles' | 'rows' | 'keys'>[];
}): number {
  return groups.reduce((sum, { tiles, rows, keys }) => sum + tiles * rows * keys, 0);
}

/** Share of attention-tile slots that are padding, 0 to 1. */
export function paddingWaste(batch: PackedBatch): number {
  const { real, padded } = attentionSlots(batch);
  return 1 - real / padded;
}

function countWhere(
  values: Float32Array,
  start: number,
  length: number,
  holds: (value: number) => boolean,
): number {
  let count = 0;
  for (let i = start; i < start + length; i++) {
    count += holds(values[i] ?? 0) ? 1 : 0;
  }
  return count;
}
