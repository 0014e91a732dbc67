import { escapeText, type Frame } from './svg-parts.ts';

/** What each axis measures. */
interface AxisTitles {
  readonly x: string;
  readonly y: string;
}

/** Grid lines with their values, and the titles of the two axes. */
export function drawAxes(titles: AxisTitles, frame: Frame): string {
  const { left, right, bottom, height, x, y } = frame;
  const rows = y.ticks.map((value) => {
    const at = y.place(value);
    return (
      `<path class="grid" d="M${left} ${at.toFixed(1)}H${right}" stroke="#ddd"/>` +
      `<text x="${left - 6}" y="${(at + 4).toFixed(1)}" text-anchor="end">${label(value)}</text>`
    );
  });
  const columns = x.ticks.map(
    (value) =>
      `<text x="${x.place(value).toFixed(1)}" y="${bottom + 16}" text-anchor="middle">${label(value)}</text>`,
  );
  return (
    rows.join('') +
    columns.join('') +
    `<text x="${right}" y="${height - 8}" text-anchor="end">${escapeText(titles.x)}</text>` +
    `<text x="4" y="14">${escapeText(titles.y)}</text>`
  );
}

function label(value: number): string {
  return String(Number(value.toPrecision(3)));
}
