import { drawBars } from '../../../page/bars.ts';
import { formatHtmlPage, paragraph } from '../../../page/html-page.ts';
import { type Chart, drawChart, escapeText } from '../../../page/svg.ts';
import { formatSvgFile } from '../../../page/svg-file.ts';
import { table } from '../../../page/table.ts';
import type { ParetoReport } from '../report.ts';
import { budgetsChart, frontChart, kindBars } from './charts.ts';
import { budgetTable, kindTable, notesOf, overviewTable } from './tables.ts';

const style = `td, th { white-space: nowrap; }
svg { max-width: 860px; }
svg .mark { paint-order: stroke; stroke: var(--paper); stroke-width: 3px; }
svg .head { font-weight: bold; }
.whisker { stroke: var(--ink); }
li { color: var(--soft); font-size: 13px; }
`;

/** The report as one self-contained HTML page. */
export function formatParetoPage(report: ParetoReport): string {
  const notes = notesOf(report).map((note) => `<li>${escapeText(note)}</li>`);
  const body = `${wideTable(overviewTable(report))}
<h2>NDCG@10 by text budget, titles shown</h2>
${drawChart(budgetsChart(report, 'titles'))}
<h2>NDCG@10 by text budget, titles hidden</h2>
${drawChart(budgetsChart(report, 'no-titles'))}
${report.settings.candidateTokens.map((tokens) => budgetSection(report, tokens)).join('')}
<ul>${notes.join('')}</ul>`;
  return formatHtmlPage({ title: 'slmrank: quality and cost', body, widthPx: 1400, style });
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
${report.speed === undefined ? paragraph('Not measured.') : chart('speed')}
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
