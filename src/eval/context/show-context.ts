import { formatSigned, formatTable } from '../../base/format-table.ts';
import { formatHtmlPage, paragraph } from '../../page/html-page.ts';
import { type Chart, drawChart, escapeText, type Series } from '../../page/svg.ts';
import { formatSvgFile } from '../../page/svg-file.ts';
import { table } from '../../page/table.ts';
import { type Variant, variants } from '../report/input/views.ts';
import type { ContextReport, ContextRowReport, Sample } from './context-report.ts';

const colours: Readonly<Record<string, string>> = {
  raw: '#8e8e93',
  title: '#97862a',
  head: '#d98200',
  phrases: '#3b82c4',
  search: '#3f9c52',
};
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
    widthPx: 1_200,
    style: `svg { max-width: 860px; } details p { color: var(--soft); font-size: 13px; }
dt { font-size: 13px; font-weight: bold; } dd { margin: 0 0 .4em 1em; }
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
      'change',
      '95 %',
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

function tableRow({ name, figures, speed }: ContextRowReport): readonly string[] {
  const { tokens, reduction, ndcg10, change, tau, dp, firstKept } = figures;
  const percent = (share: number) => formatSigned(100 * share, 1);
  return [
    name,
    tokens.mean.toFixed(1),
    String(tokens.p50),
    String(tokens.p99),
    `${reduction.toFixed(1)}x`,
    ndcg10.mean.toFixed(4),
    `${percent(change.mean)} %`,
    `${percent(change.low)}..${percent(change.high)}`,
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

/** The change of NDCG@10 over the mean tokens of a candidate: one line for each method. */
function changeChart({ variants: found }: ContextReport, variant: Variant): Chart {
  const rows = found[variant];
  const shortened = rows.slice(1);
  const methods = [...new Set(shortened.map(({ method }) => method))];
  const percentages = shortened.map(({ figures }) => 100 * figures.change.mean);
  return {
    title: `${titles[variant]}: change of NDCG@10 by length`,
    x: 'mean tokens of a candidate',
    y: 'change of NDCG@10, %',
    fromY: Math.floor(Math.min(0, ...percentages)) - 1,
    toY: Math.max(1, ...percentages),
    logX: true,
    levels: [{ y: 0, name: 'raw' }],
    series: methods.map((method): Series => {
      const points = shortened
        .filter((row) => row.method === method)
        .map(({ figures }) => [figures.tokens.mean, 100 * figures.change.mean] as const)
        .toSorted((a, b) => a[0] - b[0]);
      const colour = colours[method] ?? otherColour;
      const as = points.length === 1 ? 'dots' : 'line';
      return { name: method, colour, as, hasEndLabel: true, points };
    }),
  };
}

function notesOf({ data, machine, model, devices, speedRounds, variants: found }: ContextReport) {
  const compressed = found['no-titles'].flatMap(({ name, postingsPerSecond }) =>
    postingsPerSecond === undefined ? [] : [`${name} ${postingsPerSecond.toFixed(1)}`],
  );
  return [
    `${data.name}, split ${data.split}: ${data.queries} queries, ${data.candidates} distinct candidates, ${data.pairs} pairs. Model ${model.name}, fingerprint ${model.fingerprint}.`,
    'Tokens: title and text as the model reads them, over distinct candidates; with titles shown, budgets count the text alone. Shorter: mean tokens of raw candidates divided by these. NDCG@10: gain 2^grade - 1; change: relative to raw, 95 % percentile bootstrap paired by query. tau: Kendall tau-b of the order to the raw one. |dp|: difference of p(yes).',
    speedRounds === 0
      ? 'Candidates/s were not measured.'
      : `Candidates/s: served request by request on ${devices}, tokenizing included, median of ${speedRounds} rounds of all rows in turn; times raw: median (lowest to highest) round by round.`,
    ...(compressed.length === 0
      ? []
      : [`Postings compressed per second: ${compressed.join(', ')}.`]),
    `${machine.cpu}, ${machine.cores} cores, Node ${machine.node}, commit ${machine.commit}, ${machine.date}.`,
  ];
}

function formatSample({ id, title, raw, shortened }: Sample): string {
  const rows = shortened.map(
    ({ name, text }) => `<dt>${escapeText(name)}</dt><dd>${escapeText(text)}</dd>`,
  );
  return `<h3>${escapeText(title || id)}</h3>
<dl>${rows.join('')}</dl>
<details><summary>Whole text</summary><p>${escapeText(raw)}</p></details>`;
}
