import { drawAxes } from './axes.ts';
import { drawEndLabels, type EndLabel } from './end-labels.ts';
import { drawMarks, type Mark } from './marks.ts';
import { linearScale, logScale, niceAbove } from './scale.ts';
import { escapeText, type Frame, type Point } from './svg-parts.ts';

export type { Mark } from './marks.ts';
export { escapeText, type Point } from './svg-parts.ts';

export interface Series {
  readonly name: string;
  readonly points: readonly Point[];
  readonly colour: string;
  /** Dots where points do not follow from each other. */
  readonly as: 'line' | 'dots';
  readonly isDashed?: boolean;
  /** True to write the name at the line's right end instead of in the legend. */
  readonly hasEndLabel?: boolean;
}

export interface Chart {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly series: readonly Series[];
  readonly marks?: readonly Mark[];
  /** Logarithmic for an x axis by powers of ten, or by the values that are written beside it. */
  readonly logX?: true | { readonly ticks: readonly number[] };
  /** Where the y axis begins; 0 when absent. */
  readonly fromY?: number;
  /** A value that the y axis reaches at least, as where two charts are to be compared. */
  readonly toY?: number;
  /** Dashed levels, such as an objective, with their names on the right. */
  readonly levels?: readonly { readonly y: number; readonly name: string }[];
  /** In pixels, of 720 pixels' width. */
  readonly height?: number;
}

export const chartWidth = 720;
const levelColour = '#8e8e93';
const defaultHeight = 280;
const margin = { left: 64, right: 16, rightWithNames: 128, top: 30, bottom: 44 };

/** A chart as SVG that needs nothing else. Points that are not finite are left out. */
export function drawChart(chart: Chart): string {
  const marks = (chart.marks ?? []).filter(({ at, high }) => isFinitePoint([at[0], high]));
  const { levels = [] } = chart;
  const frame = createFrame(chart, marks);
  const place = ([x, y]: Point): Point => [frame.x.place(x), frame.y.place(y)];
  return (
    `<svg viewBox="0 0 ${chartWidth} ${frame.height}" role="img"><title>${escapeText(chart.title)}</title>` +
    drawAxes(chart, frame) +
    levels.map(({ y }) => drawLevel(y, frame)).join('') +
    chart.series.map((series) => drawSeries(series, place)).join('') +
    drawMarks(
      marks,
      levels.map(({ y }) => y),
      frame,
    ) +
    drawEndLabels(endLabels(chart, frame), frame) +
    drawLegend(chart) +
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

function createFrame(chart: Chart, marks: readonly Mark[]): Frame {
  const { series, levels = [], height = defaultHeight, fromY = 0, toY = 0, logX } = chart;
  const points = series.flatMap((each) => each.points.filter(isFinitePoint));
  const xs = [...points.map(([x]) => x), ...marks.map(({ at }) => at[0])];
  const ys = [
    ...points.map(([, y]) => y),
    ...marks.map(({ high }) => high),
    ...levels.map(({ y }) => y),
    toY,
  ];
  const hasNames = levels.length > 0 || series.some(({ hasEndLabel }) => hasEndLabel);
  const right = chartWidth - (hasNames ? margin.rightWithNames : margin.right);
  const [top, bottom] = [margin.top, height - margin.bottom];
  const sides = [margin.left, right] as const;
  return {
    height,
    left: margin.left,
    right,
    top,
    bottom,
    x:
      logX === undefined
        ? linearScale([0, niceAbove(Math.max(0, ...xs))], sides)
        : logScale(logDomain(xs), sides, logX === true ? undefined : logX.ticks),
    y: linearScale([fromY, niceAbove(Math.max(0, ...ys))], [bottom, top]),
  };
}

/** A little more than the values, so that nothing stands on an edge. */
function logDomain(values: readonly number[]): readonly [number, number] {
  const above = values.filter((value) => value > 0);
  return above.length === 0 ? [1, 10] : [Math.min(...above) / 1.15, Math.max(...above) * 1.15];
}

function drawSeries(series: Series, place: (point: Point) => Point): string {
  const { points, colour, as, isDashed = false } = series;
  const dots = points.filter(isFinitePoint).map((point) => {
    const [x, y] = place(point);
    return `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="${as === 'dots' ? 1.4 : 2.5}" fill="${colour}"/>`;
  });
  const line =
    as === 'line'
      ? `<path d="${linePath(points, place)}" fill="none" stroke="${colour}" stroke-width="1.6"${isDashed ? ' stroke-dasharray="5 4"' : ''}/>`
      : '';
  // A mark for each of many samples would hide the line.
  return line + (as === 'dots' || points.length <= 60 ? dots.join('') : '');
}

function drawLevel(level: number, { left, right, y }: Frame): string {
  return `<path d="M${left} ${y.place(level).toFixed(1)}H${right}" fill="none" stroke="${levelColour}" stroke-dasharray="5 4"/>`;
}

/** The names of levels, and of the lines that are named at their ends. */
function endLabels({ series, levels = [] }: Chart, frame: Frame): readonly EndLabel[] {
  const ofLevels = levels.map(({ name, y }) => ({
    name,
    colour: levelColour,
    x: frame.right,
    y: frame.y.place(y),
  }));
  const ofLines = series.flatMap(({ name, colour, points, hasEndLabel = false }) => {
    const last = points.filter(isFinitePoint).at(-1);
    return hasEndLabel && last !== undefined
      ? [{ name, colour, x: frame.x.place(last[0]), y: frame.y.place(last[1]) }]
      : [];
  });
  return [...ofLevels, ...ofLines];
}

function drawLegend({ series }: Chart): string {
  const named = series.filter(({ hasEndLabel }) => hasEndLabel !== true);
  return named
    .map(
      ({ name, colour }, i) =>
        `<text x="${chartWidth - margin.right - 110 * (named.length - i)}" y="14" fill="${colour}" style="fill:${colour}">■ ${escapeText(name)}</text>`,
    )
    .join('');
}

function isFinitePoint([x, y]: Point): boolean {
  return Number.isFinite(x) && Number.isFinite(y);
}
