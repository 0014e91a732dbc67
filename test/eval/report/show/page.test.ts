import { expect, test } from '@jest/globals';
import { formatParetoPage, formatPictures } from '../../../../src/eval/report/show/page.ts';
import { paretoReport } from '../../../support/pareto-report.ts';

test('the page is self-contained, with tables, charts and escaped notes', () => {
  const html = formatParetoPage(paretoReport);
  expect(html).not.toMatch(/NaN|Infinity|undefined|https?:|src=|@import|<script/);
  // Two charts by budget, two fronts, and the bars with and without titles.
  expect(html.match(/<svg/g)).toHaveLength(6);
  expect(html.match(/<table/g)).toHaveLength(3);
  expect(html).toContain('<h1>slmrank: quality and cost</h1>');
  expect(html).toContain('<li>BM25: by &lt;keywords&gt;</li>');
  expect(html).toContain('prefers-color-scheme: dark');
});

test('without a speed measurement there is no chart and no picture of it', () => {
  expect(Object.keys(formatPictures(paretoReport))).toEqual(['front.svg', 'budgets.svg']);
  const slow = { ...paretoReport, speed: undefined };
  expect(Object.keys(formatPictures(slow))).toEqual(['budgets.svg']);
  const html = formatParetoPage(slow);
  expect(html).toContain('<p>Not measured.</p>');
  expect(html.match(/<svg/g)).toHaveLength(5);
});
