import { drawBars } from '../../src/page/bars.ts';
import { formatHtmlPage, paragraph } from '../../src/page/html-page.ts';
import { drawChart, escapeText } from '../../src/page/svg.ts';
import { table } from '../../src/page/table.ts';
import { machineText } from '../machine.ts';
import type { PlanReport } from './report.ts';
import { enough, targetMs } from './run.ts';
import { type Found, targetItems } from './search.ts';
import {
  colours,
  count,
  dayChart,
  failureChart,
  failureTable,
  loadChart,
  loadTable,
  ms,
  percent,
  sizeTable,
} from './study-charts.ts';

/** GPUs of a rack of four machines. */
const rackGpus = 32;
/** The share of the load found that is planned for: hours at a peak need more than ten seconds. */
const planned = 0.9;

/** Failures that have a chart over time. */
const charted = ['rack, noticed after 5 s', 'swap halves the speed of 10 %'];

const style = `.whisker { opacity: 0; }
.wide td { white-space: nowrap; }
.wide td:last-child { white-space: normal; min-width: 240px; text-align: left; }
.small td:last-child { min-width: 0; text-align: right; white-space: nowrap; }
`;

/** The report as one self-contained HTML page. */
export function formatPlanPage(report: PlanReport): string {
  const { found, machine, minutes } = report;
  const small = found.filter(({ step }) => step.ranked === 50);
  return formatHtmlPage({
    title: 'How many GPUs rank 3.15 million items a second?',
    widthPx: 1100,
    style,
    body: `${paragraph(answerText(small))}
${paragraph(methodText)}
<h2>GPUs by step, 50 candidates a request</h2>
${drawBars('GPUs by step', [{ name: '', bars: small.map(barOf) }], (value) => value.toFixed(0))}
${paragraph(largeText(found))}
${paragraph('Green: costs measured on CUDA. Orange: with an assumption, which the table names.')}
<div class="wide">${stepTable(found)}</div>
<h2>Costs</h2>
${paragraph(costText)}
<div class="wide">${fitTable(report)}</div>
<h2>Load and bursts: pruned, one GPU a server</h2>
${drawChart(loadChart(report))}
<div class="wide small">${loadTable(report)}</div>
<h2>Failures</h2>
${paragraph(failureText)}
<div class="wide small">${failureTable(report)}</div>
${charted.map((name) => `<h3>${escapeText(name)}</h3>${drawChart(failureChart(report, name))}`).join('\n')}
<h2>A day</h2>
${paragraph(dayText)}
${drawChart(dayChart(report))}
<h2>The size of the fleet</h2>
${paragraph(sizeText)}
<div class="wide small">${sizeTable(report)}</div>
<h2>What we do not know</h2>
${unknowns.map(paragraph).join('\n')}
${paragraph(`Simulated in ${minutes.toFixed(1)} minutes on one core of ${machineText(machine)}.`)}`,
  });
}

function answerText(found: readonly Found[]): string {
  const gpus = (name: string) => count(found.find(({ step }) => step.name === name)?.gpus ?? NaN);
  return (
    `For ${count(targetItems)} items/s with a p99 of ${targetMs} ms: ${gpus('dense')} GPUs with dense Qwen3-0.6B, ` +
    `${gpus('pruned')} pruned, ${gpus('pruned + 32 tokens')} with candidates of 32 tokens instead of 150, ` +
    `${gpus('pruned + 15 tokens')} with 15, and ${gpus('... + score cache')} if states and a score cache help as assumed. ` +
    'That is the floor, at which every GPU is busy; the table also has what to plan for: nine tenths of that load, and a spare rack of 32. ' +
    'Of these only the first three rest on costs measured at their shape. By arithmetic, LinkedIn’s 2,200 items/s on an H100 ' +
    '(text) is 1,432 GPUs, and its 22,000 (embedded text) is 144.'
  );
}

function largeText(found: readonly Found[]): string {
  const gpus = (name: string) =>
    count(found.find(({ step }) => step.ranked === 250 && step.name === name)?.gpus ?? NaN);
  return (
    `With 250 candidates a request, one GPU a server is not enough for whole texts: a request is 37,550 tokens, and waits behind ` +
    `others. Pruned then takes ${gpus('pruned')} GPUs, but ${gpus('pruned, 8 GPUs a server')} where a server has eight and ` +
    'divides a request among them. Short candidates do not need that.'
  );
}

const methodText =
  'The simulator runs the server’s own admission, scheduling and batching for every GPU on a virtual clock, with ' +
  'clients that balance by weighted_round_robin, and finds by bisection the highest rate at which ' +
  `${percent(enough)} of all requests are answered within ${targetMs} ms, which is also their deadline. Refused and expired ` +
  'requests count as too late. Trials take ten seconds of Poisson arrivals on a part of the fleet. A server is one GPU with one replica unless the step says otherwise.';

const costText =
  'A run costs a fixed time, a time a token and a time a slot of attention, fitted to rates of full batches on one H200 ' +
  '(fp16, one replica). Ratios between steps carry to an H100, absolute numbers less so. Two rates fix two weights ' +
  'exactly, so the dense model’s fit has no error to show.';

const failureText =
  'Pruned, 48 servers at nine tenths of the load of the table; one of them stands for a rack of 32 in 1,500 GPUs. The failure ' +
  'lasts from second 8 to 16. The table has the share of requests answered in time meanwhile, and their p99.';

const dayText =
  'A plain curve with a ratio of 3 between peak and trough, compressed into four minutes; its peak is the load of the ' +
  'table, which is too much to last: around the peak 1 to 2 % are late. The mean is 72 % of the peak: an ideal autoscaler would save the other 28 % of the GPU hours.';

const sizeText =
  'Pruned, at nine tenths of the load of the table, 8 seconds each. Small parts of a fleet answer as the whole does, so the other simulations use parts.';

const unknowns = [
  'The graph that CUDA has now (layout lengths: no masks, half the nodes) has not been measured; the costs are of the masked one. ' +
    'Runs of few tokens were slower than the fit says (465 candidates/s at a budget of 1,024, where it says 900).',
  'One server process has answered 8,930 candidates/s over gRPC at most, with texts of 132 tokens; by id it reaches 66,000/s on a ' +
    'CPU without a model. Steps above 9,000 items/s a GPU need ids, and that has not been measured with a GPU.',
  'Network, TLS and proxies are 5 ms of assumed time. Racks are assumed to fail alone: shared power, a bad release on all servers, ' +
    'and clients that retry beyond our service config are not here.',
  'Arrivals are Poisson or two-state bursts. Real queries repeat and correlate; cache hits of a half are LinkedIn’s figure, and ' +
    'hits cluster in popular queries, which the simulation spreads evenly over all requests.',
  'Quality is not part of this page: pruning, 15 tokens and small rankers cost some of it.',
];

function barOf({ step, gpus }: Found) {
  const colour = step.assumed === '' ? colours.measured : colours.assumed;
  return { name: step.name, value: gpus, low: gpus, high: gpus, colour };
}

function stepTable(found: readonly Found[]): string {
  const head = [
    'candidates',
    'step',
    'items/s a GPU',
    'of full batches',
    'GPUs',
    'saved',
    'to plan for',
    'p50',
    'p99',
    'assumed',
  ];
  const rows = found.map(({ step, itemsPerGpu, capacity, gpus, outcome }) => {
    const before = found.find(
      (other) => other.step.name === step.before && other.step.ranked === step.ranked,
    );
    const saved = before === undefined ? '' : `${count(before.gpus - gpus)} (${before.step.name})`;
    return [
      String(step.ranked),
      step.name,
      count(itemsPerGpu),
      percent(itemsPerGpu / capacity),
      count(gpus),
      saved,
      count(gpus / planned + rackGpus),
      ms(outcome.latencyMs[0]),
      ms(outcome.latencyMs[2]),
      step.assumed,
    ];
  });
  return table(head, rows);
}

function fitTable({ fits }: PlanReport): string {
  const head = [
    'model',
    'fixed',
    '1,000 tokens',
    'a million slots',
    'mean error',
    'measured, fitted',
  ];
  const rows = fits.map(({ model, weights, error, runs, rates }) => [
    model,
    `${weights.fixedMs.toFixed(2)} ms`,
    `${(1_000 * weights.tokenMs).toFixed(2)} ms`,
    `${(1e6 * weights.slotMs).toFixed(2)} ms`,
    percent(error),
    runs
      .map((run, i) => `${rates[i]?.shape}: ${run.ms.toFixed(1)}, ${run.fittedMs.toFixed(1)} ms`)
      .join('; '),
  ]);
  return table(head, rows);
}
