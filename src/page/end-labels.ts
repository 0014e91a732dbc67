import { lineHeight, spreadHeights } from './place-labels.ts';
import { escapeText, type Frame } from './svg-parts.ts';

/** A name that belongs to the right end of a line, which is at x and y in pixels. */
export interface EndLabel {
  readonly name: string;
  readonly colour: string;
  readonly x: number;
  readonly y: number;
}

/** Names right of the chart, moved up and down where they would cover one another, each joined to its line. */
export function drawEndLabels(labels: readonly EndLabel[], frame: Frame): string {
  return spreadHeights(labels, lineHeight, [frame.top, frame.bottom])
    .map(({ item: { name, colour, x, y }, height }) => {
      const [at, end] = [frame.right + 10, height.toFixed(1)];
      return (
        `<path d="M${x.toFixed(1)} ${y.toFixed(1)}L${at} ${end}" stroke="${colour}" opacity="0.6"/>` +
        `<text class="end" x="${at + 3}" y="${(height + 4).toFixed(1)}">${escapeText(name)}</text>`
      );
    })
    .join('');
}
