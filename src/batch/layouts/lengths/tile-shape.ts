import type { GroupShape } from '../../packed-batch.ts';
import type { Tile } from '../tokens.ts';

/** What the shape depends on: how many rows a segment has, and how many keys lie before them. */
export type SegmentSize = Pick<Tile, 'rows' | 'prefixLength'>;

interface SizeClass extends SegmentSize {
  readonly count: number;
}

/**
 * Gathering a key with its value costs about as much as so many rows that attend to it: on an H200,
 * 10 ns and 0.09 to 0.13 ns (docs/decisions/cuda-graph.md). A row with its output is as dear.
 */
const gatherCost = 96;
/** Rounded shapes repeat more often; the masked layout rounds to the same. */
const keyStep = 4;
/** A segment's rows are tried in up to this many tiles. */
const mostCuts = 8;

/**
 * The one shape for the tiles of all segments that costs the least: B (S + gather) (K + gather). A
 * segment with more than S rows is cut into several tiles, each with the keys of those before it,
 * so that one long segment, such as a prefix, does not stretch the tiles of the others.
 */
export function cheapestShape(segments: readonly SegmentSize[]): GroupShape {
  const classes = distinctSizes(segments);
  let best: GroupShape | undefined;
  for (const rows of triedRows(classes)) {
    const shape = shapeOf(classes, rows);
    if (best === undefined || costOf(shape) < costOf(best)) {
      best = shape;
    }
  }
  if (best === undefined) {
    throw new RangeError('a batch has 0 segments; at least 1; this is a bug');
  }
  return best;
}

function costOf({ tiles, rows, keys }: GroupShape): number {
  return tiles * (rows + gatherCost) * (keys + gatherCost);
}

function shapeOf(classes: readonly SizeClass[], rows: number): GroupShape {
  let [tiles, keys] = [0, 0];
  for (const size of classes) {
    const cuts = Math.ceil(size.rows / rows);
    tiles += size.count * cuts;
    keys = Math.max(keys, size.prefixLength + cuts * rows);
  }
  return { tiles, rows, keys: Math.ceil(keys / keyStep) * keyStep };
}

/** Rows that a segment fills evenly in some number of tiles. */
function triedRows(classes: readonly SizeClass[]): readonly number[] {
  const longest = Math.max(...classes.map(({ rows }) => rows));
  const tried = new Set<number>();
  for (const { rows } of classes) {
    for (let cuts = 1; cuts <= mostCuts; cuts++) {
      tried.add(Math.ceil(rows / cuts));
    }
  }
  return [...tried].filter((rows) => rows * mostCuts >= longest);
}

function distinctSizes(segments: readonly SegmentSize[]): readonly SizeClass[] {
  const classes = new Map<string, SizeClass>();
  for (const { rows, prefixLength } of segments) {
    const key = `${rows}+${prefixLength}`;
    const count = (classes.get(key)?.count ?? 0) + 1;
    classes.set(key, { rows, prefixLength, count });
  }
  return [...classes.values()];
}
