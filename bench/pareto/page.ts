import { type BarGroup, drawBars } from '../suite/bars.ts';
import { table } from '../suite/page.ts';
import { type Chart, drawChart, escapeText, type Mark } from '../suite/svg.ts';
import type { Variant } from './plan.ts';
import {
  findFronts,
  intervalOf,
  kindTable,
  mainTable,
  notesOf,
  type ParetoReport,
  type RowReport,
} from './report.ts';

const palette = ['#2a6fb0', '#e59500', '#3a7d44', '#c0392b', '#5b3e96', '#0e8a8a', '#b0417c'];
const runColour = '#8e8e93';

/** The report as one HTML page that needs nothing else. */
export function formatParetoPage(report: ParetoReport): string {
  const { head = [], rows } = split(mainTable(report));
  const kinds = split(kindTable(report));
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>slmrank: quality and cost</title>
<style>
:root { color-scheme: light dark; --ink: #222; --soft: #555; --paper: #fff; --line: #ddd; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e6e6; --soft: #aaa; --paper: #16181c; --line: #333; } }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 1400px; margin: 2em auto; padding: 0 1em; color: var(--ink); background: var(--paper); }
.wide { overflow-x: auto; } table { border-collapse: collapse; font-size: 13px; } td, th { padding: 2px 12px 2px 0; text-align: right; white-space: nowrap; }
td:first-child, th:first-child { text-align: left; } svg { width: 100%; max-width: 860px; height: auto; } svg text { font: 11px system-ui, sans-serif; fill: var(--soft); }
svg .mark { paint-order: stroke; stroke: var(--paper); stroke-width: 3px; } svg .head { font-weight: bold; } .grid { stroke: var(--line); } .whisker { stroke: var(--ink); } li { color: var(--soft); font-size: 13px; }
</style>
<h1>Quality and cost</h1>
<div class="wide">${table(head, rows)}</div>
<h2>NDCG@10 over parameters</h2>
${drawChart(scatter(report, 'parameters'))}
<h2>NDCG@10 over candidates/s</h2>
${report.speed === undefined ? '<p>Not measured.</p>' : drawChart(scatter(report, 'speed'))}
<h2>NDCG@10 by kind of query</h2>
${drawBars('With titles', barGroups(report, 'titles'))}
<h2>Without titles</h2>
${drawBars('Without titles', barGroups(report, 'no-titles'))}
<div class="wide">${table(kinds.head ?? [], kinds.rows)}</div>
<ul>${notesOf(report)
    .filter((note) => note !== '')
    .map((note) => `<li>${escapeText(note)}</li>`)
    .join('')}</ul>
</html>
`;
}

/** The rows that cost what is asked for; the front as a line; an order without a cost (BM25) as a level. */
function scatter(report: ParetoReport, by: 'parameters' | 'speed'): Chart {
  const costOf = ({ parameters, speed }: RowReport) =>
    by === 'speed' ? speed?.candidatesPerSecond : parameters && parameters / 1e6;
  const marks = report.rows.flatMap((row): readonly Mark[] => {
    const [cost, { mean, low, high }] = [costOf(row), intervalOf(row, 'titles')];
    return cost === undefined
      ? []
      : [{ name: row.name, at: [cost, mean], low, high, colour: colourOf(report, row.name) }];
  });
  const front = findFronts(report)[by].flatMap((name) =>
    marks.filter((each) => each.name === name),
  );
  const free = report.rows.find(
    ({ kind, parameters }) => kind === 'run' && parameters === undefined,
  );
  const level = free && { y: intervalOf(free, 'titles').mean, name: free.name };
  const lows = [...marks.map(({ low }) => low), level?.y ?? 1];
  return {
    title: by === 'speed' ? 'NDCG@10 over candidates/s' : 'NDCG@10 over parameters',
    x: by === 'speed' ? 'candidates/s' : 'million parameters',
    y: 'NDCG@10, with titles',
    fromY: Math.max(0, Math.floor(10 * Math.min(...lows)) / 10),
    series: [{ name: 'front', colour: '#3a7d44', as: 'line', points: front.map(({ at }) => at) }],
    marks,
    ...(level === undefined ? {} : { level }),
  };
}

function barGroups(report: ParetoReport, variant: Variant): readonly BarGroup[] {
  const kinds = report.rows[0]?.quality[variant] ?? [];
  return kinds.map(({ kind, queries }) => ({
    name: `${kind}, ${queries} queries`,
    bars: report.rows.map((row) => {
      const { mean, low, high } = intervalOf(row, variant, kind);
      return { name: row.name, value: mean, low, high, colour: colourOf(report, row.name) };
    }),
  }));
}

/** Runs are grey; models each have a colour, the same everywhere on the page. */
function colourOf({ rows }: ParetoReport, name: string): string {
  const models = rows.filter(({ kind }) => kind === 'model').map((row) => row.name);
  const place = models.indexOf(name);
  return place < 0 ? runColour : (palette[place % palette.length] ?? runColour);
}

function split(cells: readonly (readonly string[])[]) {
  const [head, ...rows] = cells;
  return { head, rows };
}
