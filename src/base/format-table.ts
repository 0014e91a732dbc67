/** A table for people: columns as wide as their widest cell, two spaces apart, the first column on the left. */
export function formatTable(rows: readonly (readonly string[])[]): string {
  const widths = rows.reduce<number[]>(
    (widest, cells) => cells.map((cell, column) => Math.max(cell.length, widest[column] ?? 0)),
    [],
  );
  const lines = rows.map((cells) =>
    cells
      .map((cell, column) => pad(cell, widths[column] ?? 0, column === 0))
      .join('  ')
      .trimEnd(),
  );
  return `${lines.join('\n')}\n`;
}

/** A number with its sign; one that is shown as zero has a plus. */
export function formatSigned(value: number, digits: number): string {
  const shown = Math.abs(value).toFixed(digits);
  return `${value < 0 && Number(shown) !== 0 ? '-' : '+'}${shown}`;
}

/** A number with so many digits; never '-0'. */
export function formatFixed(value: number, digits: number): string {
  const shown = value.toFixed(digits);
  return Number(shown) === 0 ? shown.replace('-', '') : shown;
}

function pad(cell: string, width: number, left: boolean): string {
  return left ? cell.padEnd(width) : cell.padStart(width);
}
