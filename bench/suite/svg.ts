export type Point = readonly [x: number, y: number];

export interface Series {
  readonly name: string;
  readonly points: readonly Point[];
  readonly colour: string;
  /** Dots where points do not follow from each other. */
  readonly as: 'line' | 'dots';
}

/** A point with its name and an interval of its height. */
export interface Mark {
  readonly name: string;
  readonly at: Point;
  readonly low: number;
  readonly high: number;
  readonly colour: string;
}

export interface Chart {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly series: readonly Series[];
  readonly marks?: readonly Mark[];
  /** Where the y axis begins; 0 when absent. */
  readonly fromY?: number;
  /** A dashed level, such as an objective. */
  readonly level?: { readonly y: number; readonly name: string };
}

const width = 720;
const height = 280;
const margin = { left: 64, right: 16, top: 30, bottom: 44 };

/** A chart from zero, as SVG that needs nothing else. Points that are not finite are left out. */
export function drawChart(chart: Chart): string {
  const marks = (chart.marks ?? []).filter(({ at, high }) => isFinitePoint([at[0], high]));
  const points = [
    ...chart.series.flatMap((series) => series.points.filter(isFinitePoint)),
    ...marks.map(({ at: [x], high }): Point => [x, high]),
  ];
  const most: Point = [
    niceAbove(Math.max(0, ...points.map(([x]) => x))),
    niceAbove(Math.max(chart.level?.y ?? 0, ...points.map(([, y]) => y))),
  ];
  const place = placer(most, chart.fromY ?? 0);
  const level =
    chart.level === undefined
      ? ''
      : `<path d="${linePath(
          [
            [0, chart.level.y],
            [most[0], chart.level.y],
          ],
          place,
        )}" fill="none" stroke="#999" stroke-dasharray="5 4"/>`;
  return (
    `<svg viewBox="0 0 ${width} ${height}" role="img"><title>${escapeText(chart.title)}</title>` +
    axes(chart, most, place) +
    level +
    chart.series.map((series) => drawSeries(series, place)).join('') +
    drawMarks(marks, place) +
    legend(chart) +
    '</svg>'
  );
}

/** `M x y L x y ...` of the points that are finite; empty without any. */
export function linePath(points: readonly Point[], place: (point: Point) => Point): string {
  return points
    .filter(isFinitePoint)
    .map((point, i) => {
      const [x, y] = place(point);
      return `${i === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`;
    })
    .join('');
}

/** The least of 1, 2, 5 times a power of ten that is not below the value; 1 for nothing. */
export function niceAbove(value: number): number {
  if (!(value > 0) || !Number.isFinite(value)) {
    return 1;
  }
  const power = 10 ** Math.floor(Math.log10(value));
  const factor = [1, 1.5, 2, 3, 4, 5, 6, 8, 10].find((each) => each * power >= value) ?? 10;
  return factor * power;
}

export function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function placer([mostX, mostY]: Point, fromY: number): (point: Point) => Point {
  const inner = [width - margin.left - margin.right, height - margin.top - margin.bottom] as const;
  return ([x, y]) => [
    margin.left + (x / mostX) * inner[0],
    height - margin.bottom - ((y - fromY) / (mostY - fromY)) * inner[1],
  ];
}

function drawSeries({ points, colour, as }: Series, place: (point: Point) => Point): string {
  const dots = points.filter(isFinitePoint).map((point) => {
    const [x, y] = place(point);
    return `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="${as === 'dots' ? 1.4 : 2.5}" fill="${colour}"/>`;
  });
  const line =
    as === 'line'
      ? `<path d="${linePath(points, place)}" fill="none" stroke="${colour}" stroke-width="1.6"/>`
      : '';
  // A mark for each of many samples would hide the line.
  return line + (as === 'dots' || points.length <= 60 ? dots.join('') : '');
}

/** Names stand beside their points, moved down where they would cover one another. */
function drawMarks(marks: readonly Mark[], place: (point: Point) => Point): string {
  const placed = marks
    .map((mark) => ({ mark, x: place(mark.at)[0], y: place(mark.at)[1] }))
    .toSorted((a, b) => a.y - b.y);
  const labels: { readonly x: number; readonly y: number }[] = [];
  return placed
    .map(({ mark, x, y }) => {
      const [, low] = place([mark.at[0], mark.low]);
      const [, high] = place([mark.at[0], mark.high]);
      const isRight = x > width - 190;
      const near = labels.filter((each) => Math.abs(each.x - x) < 170).map((each) => each.y + 12);
      const labelY = Math.max(y + 4, ...near);
      labels.push({ x, y: labelY });
      return (
        `<path d="M${x.toFixed(1)} ${low.toFixed(1)}V${high.toFixed(1)}" stroke="${mark.colour}" opacity="0.5"/>` +
        `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="4" fill="${mark.colour}"/>` +
        `<text class="mark" x="${(x + (isRight ? -8 : 8)).toFixed(1)}" y="${labelY.toFixed(1)}" text-anchor="${isRight ? 'end' : 'start'}">${escapeText(mark.name)}</text>`
      );
    })
    .join('');
}

function axes(chart: Chart, most: Point, place: (point: Point) => Point): string {
  const shares = [0, 0.25, 0.5, 0.75, 1];
  const [right] = place(most);
  const from = chart.fromY ?? 0;
  const rows = shares.map((share) => {
    const value = from + share * (most[1] - from);
    const [x, y] = place([0, value]);
    return (
      `<path class="grid" d="M${x} ${y.toFixed(1)}H${right}" stroke="#ddd"/>` +
      `<text x="${x - 6}" y="${(y + 4).toFixed(1)}" text-anchor="end">${label(value)}</text>`
    );
  });
  const columns = shares.map((share) => {
    const [x, y] = place([share * most[0], from]);
    return `<text x="${x.toFixed(1)}" y="${y + 16}" text-anchor="middle">${label(share * most[0])}</text>`;
  });
  return (
    rows.join('') +
    columns.join('') +
    `<text x="${right}" y="${height - 8}" text-anchor="end">${escapeText(chart.x)}</text>` +
    `<text x="4" y="14">${escapeText(chart.y)}</text>`
  );
}

function legend({ series, level }: Chart): string {
  const names = series.map(({ name, colour }) => ({ name, colour }));
  const all = level === undefined ? names : [...names, { name: level.name, colour: '#999' }];
  return all
    .map(
      ({ name, colour }, i) =>
        `<text x="${width - margin.right - 110 * (all.length - i)}" y="14" fill="${colour}" style="fill:${colour}">■ ${escapeText(name)}</text>`,
    )
    .join('');
}

function label(value: number): string {
  return String(Number(value.toPrecision(3)));
}

function isFinitePoint([x, y]: Point): boolean {
  return Number.isFinite(x) && Number.isFinite(y);
}
