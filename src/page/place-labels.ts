/** A point of a chart, in pixels, with the interval that is drawn through it. */
export interface LabelledPoint {
  readonly name: string;
  readonly x: number;
  readonly y: number;
  readonly low: number;
  readonly high: number;
}

export interface Label {
  readonly x: number;
  /** Of the text's baseline. */
  readonly y: number;
  readonly anchor: 'start' | 'end';
  /** True when the label stands so far from its point that a line must join them. */
  readonly isApart: boolean;
}

/** What names must stay within, and the heights of lines that they had better not cross. */
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
  /** How far from the point's own height, in lines of text. */
  readonly lines: number;
}

interface Surroundings {
  readonly others: readonly LabelledPoint[];
  /** Of the names that have a place already. */
  readonly taken: readonly Area[];
  readonly area: LabelArea;
}

export const lineHeight = 12;
/** Of the average letter at the charts' 11 pixels, rounded up. */
const letterWidth = 6.2;
const radius = 5;
const shifts = [0, 1, -1, 2, -2, 3, -3, 4, -4, 5, -5, 6, -6];

/**
 * A place for each point's name: beside its point, on the right if it can be, and moved up or down where it would cover
 * another name or point. From the uppermost point downwards, which is the order in which they choose.
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
 * Heights as near to the items' own as a gap between them allows, within the ends, in the order of the heights. An
 * isotonic regression: less the gaps that come before it, no height is below an earlier one.
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

/** Names must not cover one another or leave the chart; points, intervals and levels beneath them are lesser evils. */
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
