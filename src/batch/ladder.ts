/** Which tiles share a padded shape, when a batch may have only a few shapes. */

/** An attention tile's real size: rows of queries by keys. */
export interface TileSize {
  readonly rows: number;
  readonly keys: number;
}

interface SizeClass extends TileSize {
  readonly count: number;
}

/**
 * Gives each tile one of `groups` groups so that the padded area (tiles x longest rows x longest keys, summed) is
 * least among the splits that keep the order of lengths; for tiles of one request's candidates that is the least of
 * all. Depends on the sizes only, not on their order.
 *
 * @returns the group of each tile; groups ascend with length, and there may be fewer than allowed.
 */
export function assignGroups(sizes: readonly TileSize[], groups: number): number[] {
  const classes = distinctSizes(sizes);
  const starts = cheapestSplit(classes, groups);
  const groupOf = new Map<string, number>();
  classes.forEach((size, index) => {
    groupOf.set(sizeKey(size), starts.filter((start) => start <= index).length - 1);
  });
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

/** Dynamic programme over the sorted sizes: cheapest way to cover the first n with at most g groups. */
function cheapestSplit(classes: readonly SizeClass[], groups: number): number[] {
  const count = classes.length;
  let costs = Float64Array.from({ length: count + 1 }, (_, n) => (n === 0 ? 0 : Infinity));
  const cuts: Int32Array[] = [];
  for (let group = 0; group < Math.min(groups, count); group++) {
    const next = costs.slice();
    const cut = new Int32Array(count + 1).fill(-1);
    for (let end = 1; end <= count; end++) {
      extendGroup(classes, end, (start, area) => {
        const cost = (costs[start] ?? Infinity) + area;
        if (cost < (next[end] ?? Infinity)) {
          next[end] = cost;
          cut[end] = start;
        }
      });
    }
    costs = next;
    cuts.push(cut);
  }
  return readStarts(cuts, count);
}

/** Offers every start of a group that ends before `end`, with the group's padded area. */
function extendGroup(
  classes: readonly SizeClass[],
  end: number,
  offer: (start: number, area: number) => void,
): void {
  let tiles = 0;
  let rows = 0;
  let keys = 0;
  for (let start = end - 1; start >= 0; start--) {
    const size = classes[start];
    tiles += size?.count ?? 0;
    rows = Math.max(rows, size?.rows ?? 0);
    keys = Math.max(keys, size?.keys ?? 0);
    offer(start, tiles * rows * keys);
  }
}

/** A cut of -1 means one group fewer did as well. */
function readStarts(cuts: readonly Int32Array[], count: number): number[] {
  const starts: number[] = [];
  let end = count;
  for (const cut of cuts.toReversed()) {
    const start = cut[end] ?? -1;
    if (start >= 0 && end > 0) {
      starts.push(start);
      end = start;
    }
  }
  return starts.reverse();
}
