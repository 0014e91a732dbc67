import { at } from '../../base/at.ts';
import { formatSigned, formatTable } from '../../base/format-table.ts';
import { formatHtmlPage, paragraph } from '../../page/html-page.ts';
import { type Chart, drawChart, escapeText, type Series } from '../../page/svg.ts';
import { formatSvgFile } from '../../page/svg-file.ts';
import { table } from '../../page/table.ts';
import type { Interval } from '../measures/bootstrap.ts';
import { type Variant, variants } from '../report/input/views.ts';
import type { ContextReport, ContextRowReport, Sample } from './context-report.ts';

const colours = new Map([
  ['title', '#97862a'],
  ['head', '#d98200'],
  ['phrases', '#3b82c4'],
  ['search-normal', '#3f9c52'],
]);
const otherColour = '#8b68d0';
const titles: Readonly<Record<Variant, string>> = {
  titles: 'Titles shown',
  'no-titles': 'Titles hidden',
};

/** The tables and notes for a terminal. */
export function formatContext(report: ContextReport): string {
  const tables = variants.map(
    (variant) => `${titles[variant]}\n\n${formatTable(contextTable(report, variant))}`,
  );
  return `${tables.join('\n')}\n${notesOf(report).join('\n')}\n`;
}

/** The report as one self-contained HTML page, with samples to read. */
export function formatContextPage(report: ContextReport): string {
  const sections = variants.map((variant) => {
    const [head = [], ...rows] = contextTable(report, variant);
    return `<h2>${titles[variant]}</h2>
<div class="wide">${table(head, rows)}</div>
${drawChart(changeChart(report, variant))}`;
  });
  return formatHtmlPage({
    title: 'Shorter candidates: what they cost and what they save',
    body: [
      ...sections,
      ...notesOf(report).map(paragraph),
      `<h2>${report.samples.length} postings to read</h2>`,
      ...report.samples.map(formatSample),
    ].join('\n'),
    widthPx: 1_300,
    style: `svg { max-width: 860px; }
.sample { display: flex; flex-wrap: wrap; gap: 0 2em; align-items: flex-start; }
.sample p { flex: 1 1 300px; margin: 4px 0; font-size: 13px; color: var(--soft); }
.sample table { flex: 3 1 600px; table-layout: fixed; }
.sample td, .sample th { text-align: left; border-top: 1px solid var(--line); padding: 4px 12px 4px 0; }
.sample td:first-child, .sample th:first-child { width: 4em; }
`,
  });
}

/** The charts of both variants as one file for other documents. */
export function formatContextPicture(report: ContextReport): string {
  return formatSvgFile(variants.map((variant) => drawChart(changeChart(report, variant))));
}

/** One row for each way to shorten candidates. */
export function contextTable(
  { variants: found }: ContextReport,
  variant: Variant,
): readonly (readonly string[])[] {
  return [
    [
      '',
      'tokens',
      'p50',
      'p99',
      'shorter',
      'NDCG@10',
      'change, %',
      '95 %',
      'against search, %',
      'tau',
      '|dp|',
      '|dp| p99',
      'same first',
      'candidates/s',
      'times raw',
    ],
    ...found[variant].map(tableRow),
  ];
}

function tableRow({ name, figures, againstSearch, speed }: ContextRowReport): readonly string[] {
  const { tokens, reduction, ndcg10, change, tau, dp, firstKept } = figures;
  return [
    name,
    tokens.mean.toFixed(1),
    String(tokens.p50),
    String(tokens.p99),
    `${reduction.toFixed(1)}x`,
    ndcg10.mean.toFixed(4),
    percent(change.mean),
    range(change),
    againstSearch === undefined ? '-' : `${percent(againstSearch.mean)} (${range(againstSearch)})`,
    tau.toFixed(3),
    dp.mean.toFixed(3),
    dp.p99.toFixed(3),
    `${(100 * firstKept).toFixed(0)} %`,
    speed === undefined ? '-' : speed.candidatesPerSecond.toFixed(0),
    speed === undefined
      ? '-'
      : `${speed.ratio.median.toFixed(1)} (${speed.ratio.low.toFixed(1)}..${speed.ratio.high.toFixed(1)})`,
  ];
}

function percent(share: number): string {
  return formatSigned(100 * share, 1);
}

function range({ low, high }: Interval): string {
  return `${percent(low)}..${percent(high)}`;
}

/** The change of NDCG@10 over the mean tokens of a candidate: one line for each method. */
function changeChart({ variants: found }: ContextReport, variant: Variant): Chart {
  const curves = curvesOf(found[variant].slice(1));
  // Both charts have the same axis.
  const changes = variants.flatMap((each) => found[each].map(changeOf));
  return {
    title: `${titles[variant]}: change of NDCG@10 by length`,
    x: `mean tokens of a candidate, ${titles[variant].toLowerCase()}`,
    y: 'change of NDCG@10, %',
    fromY: Math.floor(Math.min(...changes)) - 1,
    toY: Math.max(1, ...changes),
    logX: { ticks: lengthTicks },
    levels: [{ y: 0, name: 'raw' }],
    series: curves.filter(({ points }) => points.length > 1),
    // A name at the chart's edge would make a single point look like a line.
    marks: curves
      .filter(({ points }) => points.length === 1)
      .map(({ name, colour, points }) => {
        const point = at(points, 0);
        return { name, colour, at: point, low: point[1], high: point[1] };
      }),
  };
}

function curvesOf(rows: readonly ContextRowReport[]): readonly Series[] {
  const methods = [...new Set(rows.map(({ method }) => method))];
  return methods.map((method) => ({
    name: method,
    colour: colours.get(method) ?? otherColour,
    as: 'line',
    hasEndLabel: true,
    points: rows
      .filter((row) => row.method === method)
      .map((row) => [row.figures.tokens.mean, changeOf(row)] as const)
      .toSorted((a, b) => a[0] - b[0]),
  }));
}

/** In percent. */
function changeOf({ figures }: ContextRowReport): number {
  return 100 * figures.change.mean;
}

const lengthTicks = [3, 4, 5, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 28, 32, 40, 50, 75, 100, 200];

function notesOf({ data, machine, model, devices, speedRounds, variants: found }: ContextReport) {
  const compressed = found['no-titles'].flatMap(({ name, postingsPerSecond }) =>
    postingsPerSecond === undefined
      ? []
      : [`${name} ${postingsPerSecond.toFixed(postingsPerSecond < 10 ? 1 : 0)}`],
  );
  return [
    `${data.name}, split ${data.split}: ${data.queries} queries, ${data.candidates} distinct candidates, ${data.pairs} pairs. Model ${model.name}, fingerprint ${model.fingerprint}.`,
    'Tokens: title and text as the model reads them, over distinct candidates; with titles shown, budgets count the text alone. Shorter: mean tokens of raw candidates divided by these. NDCG@10: gain 2^grade - 1; change: relative to raw, 95 % percentile bootstrap paired by query; against search: relative to the first search of the same budget. tau: Kendall tau-b of the order to the raw one. |dp|: difference of p(yes).',
    speedRounds === 0
      ? 'Candidates/s were not measured.'
      : `Candidates/s: served request by request on ${devices}, tokenizing included, median of ${speedRounds} rounds of all rows in turn; times raw: median (lowest to highest) round by round.`,
    ...(compressed.length === 0
      ? []
      : [`Postings compressed per second: ${compressed.join(', ')}.`]),
    `${machine.cpu}, ${machine.cores} cores, Node ${machine.node}, commit ${machine.commit}, ${machine.date}.`,
  ];
}

/** The whole text, and beside it a table of what each method makes of it at each budget. */
function formatSample({ id, title, raw, shortened }: Sample): string {
  const methods = [...new Set(shortened.map(({ method }) => method))];
  const budgets = [...new Set(shortened.map(({ budget }) => budget))].toSorted((a, b) => a - b);
  const rows = budgets.map((budget) => [
    String(budget),
    ...methods.map(
      (method) =>
        shortened.find((each) => each.method === method && each.budget === budget)?.text ?? '',
    ),
  ]);
  return `<h3>${escapeText(title || id)}</h3>
<div class="sample">
<p>${escapeText(raw)}</p>
${table(['tokens', ...methods], rows)}
</div>`;
}
