import { drawBars } from '../../../page/bars.ts';
import { type Chart, drawChart, escapeText } from '../../../page/svg.ts';
import { formatSvgFile } from '../../../page/svg-file.ts';
import { table } from '../../../page/table.ts';
import type { ParetoReport } from '../report.ts';
import { budgetsChart, frontChart, kindBars } from './charts.ts';
import { budgetTable, kindTable, notesOf, overviewTable } from './tables.ts';

const style = `
:root { color-scheme: light dark; --ink: #222; --soft: #555; --paper: #fff; --line: #ddd; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e6e6; --soft: #aaa; --paper: #16181c; --line: #333; } }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 1400px; margin: 2em auto; padding: 0 1em; color: var(--ink); background: var(--paper); }
.wide { overflow-x: auto; } table { border-collapse: collapse; font-size: 13px; } td, th { padding: 2px 12px 2px 0; text-align: right; white-space: nowrap; }
td:first-child, th:first-child { text-align: left; } svg { width: 100%; max-width: 860px; height: auto; } svg text { font: 11px system-ui, sans-serif; fill: var(--soft); }
svg .mark { paint-order: stroke; stroke: var(--paper); stroke-width: 3px; } svg .head { font-weight: bold; } .grid { stroke: var(--line); } .whisker { stroke: var(--ink); } li { color: var(--soft); font-size: 13px; }
`;

/** The report as one self-contained HTML page. */
export function formatParetoPage(report: ParetoReport): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>slmrank: quality and cost</title>
<style>${style}</style>
<h1>Quality and cost</h1>
${wideTable(overviewTable(report))}
<h2>NDCG@10 by text budget, titles shown</h2>
${drawChart(budgetsChart(report, 'titles'))}
<h2>NDCG@10 by text budget, titles hidden</h2>
${drawChart(budgetsChart(report, 'no-titles'))}
${report.settings.candidateTokens.map((tokens) => budgetSection(report, tokens)).join('')}
<ul>${notesOf(report)
    .map((note) => `<li>${escapeText(note)}</li>`)
    .join('')}</ul>
</html>
`;
}

/**
 * The report's pictures for other documents, by file name. Without a speed measurement there is no
 * front.svg.
 */
export function formatPictures(report: ParetoReport): Readonly<Record<string, string>> {
  const longest = Math.max(...report.settings.candidateTokens);
  const budgets = {
    'budgets.svg': draw(budgetsChart(report, 'titles'), budgetsChart(report, 'no-titles')),
  };
  return report.speed === undefined
    ? budgets
    : { 'front.svg': draw(frontChart(report, longest, 'speed')), ...budgets };
}

function draw(...charts: readonly Chart[]): string {
  return formatSvgFile(charts.map((chart) => drawChart(chart)));
}

function budgetSection(report: ParetoReport, candidateTokens: number): string {
  const chart = (by: 'parameters' | 'speed') => drawChart(frontChart(report, candidateTokens, by));
  const bars = (variant: 'titles' | 'no-titles', title: string) =>
    drawBars(title, kindBars(report, { candidateTokens, variant }));
  return `<h2>${candidateTokens} tokens of a candidate</h2>
${wideTable(budgetTable(report, candidateTokens))}
<h3>NDCG@10 over candidates/s</h3>
${report.speed === undefined ? '<p>Not measured.</p>' : chart('speed')}
<h3>NDCG@10 over parameters</h3>
${chart('parameters')}
<h3>NDCG@10 by kind of query</h3>
${wideTable(kindTable(report, candidateTokens))}
<details><summary>Bars, titles shown</summary>${bars('titles', 'Titles shown')}</details>
<details><summary>Bars, titles hidden</summary>${bars('no-titles', 'Titles hidden')}</details>
`;
}

function wideTable([head = [], ...rows]: readonly (readonly string[])[]): string {
  return `<div class="wide">${table(head, rows)}</div>`;
}
