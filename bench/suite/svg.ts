export type Point = readonly [x: number, y: number];

export interface Series {
  readonly name: string;
  readonly points: readonly Point[];
  readonly colour: string;
  /** Dots where points do not follow from each other. */
  readonly as: 'line' | 'dots';
}

export interface Chart {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly series: readonly Series[];
  /** A dashed level, such as an objective. */
  readonly level?: { readonly y: number; readonly name: string };
}

const width = 720;
const height = 280;
const margin = { left: 64, right: 16, top: 30, bottom: 44 };

/** A chart from zero, as SVG that needs nothing else. Points that are not finite are left out. */
export function drawChart(chart: Chart): string {
  const points = chart.series.flatMap((series) => series.points.filter(isFinitePoint));
  const most: Point = [
    niceAbove(Math.max(0, ...points.map(([x]) => x))),
    niceAbove(Math.max(chart.level?.y ?? 0, ...points.map(([, y]) => y))),
  ];
  const place = placer(most);
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

function placer([mostX, mostY]: Point): (point: Point) => Point {
  const inner = [width - margin.left - margin.right, height - margin.top - margin.bottom] as const;
  return ([x, y]) => [
    margin.left + (x / mostX) * inner[0],
    height - margin.bottom - (y / mostY) * inner[1],
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

function axes(chart: Chart, most: Point, place: (point: Point) => Point): string {
  const shares = [0, 0.25, 0.5, 0.75, 1];
  const [right] = place(most);
  const rows = shares.map((share) => {
    const [x, y] = place([0, share * most[1]]);
    return (
      `<path d="M${x} ${y.toFixed(1)}H${right}" stroke="#ddd"/>` +
      `<text x="${x - 6}" y="${(y + 4).toFixed(1)}" text-anchor="end">${label(share * most[1])}</text>`
    );
  });
  const columns = shares.map((share) => {
    const [x, y] = place([share * most[0], 0]);
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
