/** A point of a chart with its interval, in pixels. */
export interface LabelledPoint {
  readonly name: string;
  readonly x: number;
  readonly y: number;
  readonly low: number;
  readonly high: number;
}

export interface Label {
  readonly x: number;
  /** The baseline of the text. */
  readonly y: number;
  readonly anchor: 'start' | 'end';
  /** Whether the label is so far from its point that a line must join them. */
  readonly isApart: boolean;
}

/** The area for the names, and the heights of lines that they should not cover. */
export interface LabelArea extends Area {
  readonly levels: readonly number[];
}

interface Area {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

interface Spot extends Label {
  readonly box: Area;
  /** Distance from the height of the point, in lines of text. */
  readonly lines: number;
}

interface Surroundings {
  readonly others: readonly LabelledPoint[];
  /** The boxes of the names that are already placed. */
  readonly taken: readonly Area[];
  readonly area: LabelArea;
}

export const lineHeight = 12;
/** Width of an average letter of 11 pixels' height, rounded up. */
const letterWidth = 6.2;
const radius = 5;
const shifts = [0, 1, -1, 2, -2, 3, -3, 4, -4, 5, -5, 6, -6];

/**
 * Finds a place for each point's name: beside the point, on the right if possible, and moved up or
 * down if it would cover another name or point. Greedy, from the uppermost point downwards.
 */
export function placeLabels<T extends LabelledPoint>(
  points: readonly T[],
  area: LabelArea,
): readonly { readonly point: T; readonly label: Label }[] {
  const taken: Area[] = [];
  return points
    .toSorted((a, b) => a.y - b.y)
    .map((point) => {
      const others = points.filter((each) => each !== point);
      const best = spotsOf(point)
        .map((spot) => ({ spot, cost: costOf(spot, { others, taken, area }) }))
        .reduce((least, each) => (each.cost < least.cost ? each : least)).spot;
      taken.push(best.box);
      return { point, label: best };
    });
}

/**
 * Moves heights as little as possible so that neighbours have at least the gap between them and all
 * are within the ends. The order is kept: without the gaps this is an isotonic regression.
 */
export function spreadHeights<T extends { readonly y: number }>(
  items: readonly T[],
  gap: number,
  [top, bottom]: readonly [number, number],
): readonly { readonly item: T; readonly height: number }[] {
  const pools: { mean: number; items: T[] }[] = [];
  for (const [i, item] of items.toSorted((a, b) => a.y - b.y).entries()) {
    let pool = { mean: item.y - i * gap, items: [item] };
    for (let last = pools.at(-1); last !== undefined && last.mean > pool.mean; ) {
      pools.pop();
      pool = merge(last, pool);
      last = pools.at(-1);
    }
    pools.push(pool);
  }
  const most = bottom - (items.length - 1) * gap;
  return pools
    .flatMap((pool) => pool.items.map((item) => ({ item, mean: pool.mean })))
    .map(({ item, mean }, i) => ({
      item,
      height: Math.max(top, Math.min(most, mean)) + i * gap,
    }));
}

function merge<T>(a: { mean: number; items: T[] }, b: { mean: number; items: T[] }) {
  const items = [...a.items, ...b.items];
  return { mean: (a.mean * a.items.length + b.mean * b.items.length) / items.length, items };
}

function spotsOf({ name, x, y }: LabelledPoint): readonly Spot[] {
  const width = name.length * letterWidth;
  return (['start', 'end'] as const).flatMap((anchor) =>
    shifts.map((lines): Spot => {
      const middle = y + lines * lineHeight;
      const textX = anchor === 'start' ? x + 8 : x - 8;
      const left = anchor === 'start' ? textX : textX - width;
      return {
        x: textX,
        y: middle + 4,
        anchor,
        isApart: Math.abs(lines) > 1,
        box: {
          left,
          right: left + width,
          top: middle - lineHeight / 2,
          bottom: middle + lineHeight / 2,
        },
        lines,
      };
    }),
  );
}

/** Leaving the chart and covering a name cost most; covering points, intervals and levels less. */
function costOf({ box, anchor, lines }: Spot, { others, taken, area }: Surroundings): number {
  const isInside =
    box.left >= area.left &&
    box.right <= area.right &&
    box.top >= area.top &&
    box.bottom <= area.bottom;
  const covered = taken.filter((each) => overlap(each, box)).length;
  const points = others.filter(({ x, y }) => overlap(around(x, y - radius, y + radius), box));
  const levels = area.levels.filter((y) => y > box.top && y < box.bottom);
  const intervals = others.filter(({ x, low, high }) => overlap(around(x, high, low), box));
  return (
    (isInside ? 0 : 1000) +
    100 * covered +
    20 * points.length +
    1.2 * (intervals.length + levels.length) +
    Math.abs(lines) +
    (anchor === 'end' ? 1.5 : 0)
  );
}

function around(x: number, top: number, bottom: number): Area {
  return { left: x - radius, right: x + radius, top, bottom };
}

function overlap(a: Area, b: Area): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}
