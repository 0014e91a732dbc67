import { at } from './at.ts';

/**
 * A table of text; all rows have equally many cells. Each column is as wide as its widest cell,
 * with two spaces between columns. The first column is aligned left, the others right.
 */
export function formatTable(rows: readonly (readonly string[])[]): string {
  const columns = rows[0]?.length ?? 0;
  const widths = Array.from({ length: columns }, (_, column) =>
    rows.reduce((widest, cells) => Math.max(widest, at(cells, column).length), 0),
  );
  const lines = rows.map((cells) =>
    cells
      .map((cell, column) => pad(cell, at(widths, column), column === 0))
      .join('  ')
      .trimEnd(),
  );
  return `${lines.join('\n')}\n`;
}

/** A number with its sign. A number that rounds to zero gets a plus. */
export function formatSigned(value: number, digits: number): string {
  const shown = Math.abs(value).toFixed(digits);
  return `${value < 0 && Number(shown) !== 0 ? '-' : '+'}${shown}`;
}

/** A number with `digits` decimals. A number that rounds to zero has no minus. */
export function formatFixed(value: number, digits: number): string {
  const shown = value.toFixed(digits);
  return Number(shown) === 0 ? shown.replace('-', '') : shown;
}

function pad(cell: string, width: number, left: boolean): string {
  return left ? cell.padEnd(width) : cell.padStart(width);
}
