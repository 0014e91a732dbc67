import { escapeText } from './svg-parts.ts';

export interface HtmlPage {
  /** Plain text: the page's title and its first heading. */
  readonly title: string;
  /** HTML below the heading. */
  readonly body: string;
  readonly widthPx: number;
  /** CSS rules besides the shared ones. */
  readonly style?: string;
}

/** One self-contained HTML page, without scripts or links, readable in light and dark. */
export function formatHtmlPage({ title, body, widthPx, style = '' }: HtmlPage): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escapeText(title)}</title>
<style>
:root { color-scheme: light dark; --ink: #222; --soft: #555; --paper: #fff; --line: #ddd; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e6e6; --soft: #aaa; --paper: #16181c; --line: #333; }
}
body { font: 15px/1.5 system-ui, sans-serif; max-width: ${widthPx}px; margin: 2em auto;
  padding: 0 1em; color: var(--ink); background: var(--paper); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: 13px; }
td, th { padding: 2px 12px 2px 0; text-align: right; vertical-align: top; }
td:first-child, th:first-child, .facts td { text-align: left; }
svg { width: 100%; height: auto; }
svg text { font: 11px system-ui, sans-serif; fill: var(--soft); }
.grid { stroke: var(--line); }
.off { color: #c0392b; }
${style}</style>
<h1>${escapeText(title)}</h1>
${body}
</html>
`;
}

/** A table without a head, in plain text. Each row has the name of a fact and the fact. */
export function factsTable(rows: readonly (readonly string[])[]): string {
  const cells = rows.map(
    (row) => `<tr>${row.map((cell) => `<td>${escapeText(cell)}</td>`).join('')}</tr>`,
  );
  return `<table class="facts">${cells.join('')}</table>`;
}

/** A paragraph of plain text. */
export function paragraph(text: string): string {
  return `<p>${escapeText(text)}</p>`;
}
