/** Assigns attention tiles to a few groups, each padded to one shape. */

import { at } from '../../../base/at.ts';
import { cheapestRuns, type OfferRun } from '../../cheapest-runs.ts';

/** A name of the module is looked up faster than a global one; this is the packer's inner loop. */
const { max } = Math;

/** An attention tile's real size: rows of queries by keys. */
export interface TileSize {
  readonly rows: number;
  readonly keys: number;
}

interface SizeClass extends TileSize {
  readonly count: number;
}

/**
 * Gives each tile one of `groups` groups so that the padded area (tiles x longest rows x longest
 * keys, summed) is the least among divisions that keep the order of lengths. For tiles of one
 * request's candidates that is the least of all. Depends on the sizes, not on the tiles' order.
 *
 * @returns the group of each tile; groups ascend with length, and there may be fewer than allowed.
 */
export function assignGroups(sizes: readonly TileSize[], groups: number): number[] {
  const classes = distinctSizes(sizes);
  const ends = cheapestRuns(classes.length, groups, (end, offer) =>
    offerAreas(classes, end, offer),
  );
  const groupOf = new Map(
    classes.map((size, index) => [sizeKey(size), ends.filter((end) => end <= index).length]),
  );
  return sizes.map((size) => groupOf.get(sizeKey(size)) ?? 0);
}

function sizeKey({ rows, keys }: TileSize): string {
  return `${rows}x${keys}`;
}

function distinctSizes(sizes: readonly TileSize[]): SizeClass[] {
  const counts = new Map<string, SizeClass>();
  for (const size of sizes) {
    const key = sizeKey(size);
    counts.set(key, {
      rows: size.rows,
      keys: size.keys,
      count: (counts.get(key)?.count ?? 0) + 1,
    });
  }
  return [...counts.values()].sort((a, b) => a.keys - b.keys || a.rows - b.rows);
}

/** Offers every group that ends before class `end`, with its padded area. */
function offerAreas(classes: readonly SizeClass[], end: number, offer: OfferRun): void {
  let tiles = 0;
  let rows = 0;
  let keys = 0;
  for (let start = end - 1; start >= 0; start--) {
    const size = at(classes, start);
    tiles += size.count;
    rows = max(rows, size.rows);
    keys = max(keys, size.keys);
    offer(start, tiles * rows * keys);
  }
}
