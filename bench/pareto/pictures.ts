import { type Chart, drawChart } from '../../src/page/svg.ts';
import { formatSvgFile } from '../../src/page/svg-file.ts';
import { budgetsChart, frontChart } from './charts.ts';
import type { ParetoReport } from './report.ts';

/** The report's pictures for other documents, by file name. A report without speeds has no front. */
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
