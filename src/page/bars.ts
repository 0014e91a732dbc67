import { niceAbove } from './scale.ts';
import { escapeText } from './svg-parts.ts';

export interface Bar {
  readonly name: string;
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly colour: string;
}

export interface BarGroup {
  readonly name: string;
  readonly bars: readonly Bar[];
}

const width = 720;
const left = 210;
const step = 18;

/** A self-contained SVG of horizontal bars from zero with their intervals, in groups. */
export function drawBars(
  title: string,
  groups: readonly BarGroup[],
  format = (value: number) => value.toFixed(3),
): string {
  const most = niceAbove(Math.max(0, ...groups.flatMap(({ bars }) => bars.map((bar) => bar.high))));
  const x = (value: number) => left + (value / most) * (width - left - 60);
  let y = 0;
  const drawn = groups.map(({ name, bars }) => {
    y += step + 8;
    const head = `<text class="head" x="0" y="${y - 6}">${escapeText(name)}</text>`;
    const rows = bars.map((bar) => {
      const row = drawBar(bar, format(bar.value), x, y);
      y += step;
      return row;
    });
    return head + rows.join('');
  });
  return `<svg viewBox="0 0 ${width} ${y + 8}" role="img"><title>${escapeText(title)}</title>${drawn.join('')}</svg>`;
}

function drawBar(
  { name, value, low, high, colour }: Bar,
  text: string,
  x: (value: number) => number,
  y: number,
): string {
  const middle = y + step / 2;
  return (
    `<text x="${left - 8}" y="${middle + 4}" text-anchor="end">${escapeText(name)}</text>` +
    `<rect x="${left}" y="${y + 3}" width="${(x(value) - left).toFixed(1)}" height="${step - 6}" fill="${colour}"/>` +
    `<path class="whisker" d="M${x(low).toFixed(1)} ${middle}H${x(high).toFixed(1)}" stroke="#222"/>` +
    `<text x="${(x(high) + 6).toFixed(1)}" y="${middle + 4}">${text}</text>`
  );
}
