import { escapeText } from './svg-parts.ts';

/** An HTML table of plain text. A cell 'does not hold' has the class `off`. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = (row: readonly string[], tag: string) =>
    `<tr>${row.map((cell) => `<${tag}${cell === 'does not hold' ? ' class="off"' : ''}>${escapeText(cell)}</${tag}>`).join('')}</tr>`;
  return `<table>${cells(head, 'th')}${rows.map((row) => cells(row, 'td')).join('')}</table>`;
}
