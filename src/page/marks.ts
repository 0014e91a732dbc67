import { type Label, placeLabels } from './place-labels.ts';
import { escapeText, type Frame, type Point } from './svg-parts.ts';

/** A named point with an interval on the y axis. */
export interface Mark {
  readonly name: string;
  readonly at: Point;
  readonly low: number;
  readonly high: number;
  readonly colour: string;
}

/** Draws points with their intervals and names. A line joins a name to its point if it is far. */
export function drawMarks(marks: readonly Mark[], levels: readonly number[], frame: Frame): string {
  const points = marks.map(({ name, at, low, high, colour }) => ({
    name,
    colour,
    x: frame.x.place(at[0]),
    y: frame.y.place(at[1]),
    low: frame.y.place(low),
    high: frame.y.place(high),
  }));
  const labelled = placeLabels(points, {
    left: frame.left,
    right: frame.right,
    top: frame.top,
    bottom: frame.bottom,
    levels: levels.map((level) => frame.y.place(level)),
  });
  const shapes = labelled.map(({ point, label }) => {
    const { x, y, low, high, colour } = point;
    return (
      `<path d="M${x.toFixed(1)} ${low.toFixed(1)}V${high.toFixed(1)}" stroke="${colour}" opacity="0.4"/>` +
      (label.isApart ? drawLeader([x, y], label, colour) : '') +
      `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="4" fill="${colour}"/>`
    );
  });
  const names = labelled.map(
    ({ point, label }) =>
      `<text class="mark" x="${label.x.toFixed(1)}" y="${label.y.toFixed(1)}" text-anchor="${label.anchor}">${escapeText(point.name)}</text>`,
  );
  // Names are last, so that no interval is drawn over them.
  return [...shapes, ...names].join('');
}

function drawLeader([x, y]: Point, label: Label, colour: string): string {
  return `<path d="M${x.toFixed(1)} ${y.toFixed(1)}L${label.x.toFixed(1)} ${(label.y - 4).toFixed(1)}" stroke="${colour}" opacity="0.6"/>`;
}
