import { formatHtmlPage, paragraph } from '../../src/page/html-page.ts';
import { drawChart, escapeText, type Series } from '../../src/page/svg.ts';
import { table } from '../../src/page/table.ts';
import { machineText } from '../machine.ts';
import { outcomes } from '../../src/domain/events.ts';
import { type Aim, type Compared, judge, type SuiteReport } from './report.ts';
import type { ScenarioResult } from './scenarios/run-scenario.ts';

const colours = {
  scored: '#3a7d44',
  partial: '#9bc53d',
  rejected: '#e59500',
  expired: '#c0392b',
  cancelled: '#8e8e93',
  failed: '#8e44ad',
} as const;

/** The report as one self-contained HTML page. */
export function formatSuitePage(report: SuiteReport, compared: readonly Compared[]): string {
  const { scenarios } = report;
  return formatHtmlPage({
    title: 'slmrank load suite',
    widthPx: 1100,
    body: `${paragraph(setUpText(report))}
<h2>Aims</h2>
${aimTable(judge(report))}
<h2>Latency over offered rate</h2>
${drawChart(latencyOverRate(report))}
<h2>Goodput over offered rate</h2>
${drawChart(goodputOverRate(report))}
<h2>Scenarios</h2>
<div class="wide">${scenarioTable(scenarios)}</div>
${paragraph(latencyNote)}
<h2>Ends</h2>
<div class="wide">${endsTable(scenarios)}</div>
${statusBars(scenarios)}
<h2>Latency over time</h2>
${scenarios
  .filter(({ name }) => !name.startsWith('search-'))
  .map(latencyOverTime)
  .join('\n')}
<h2>Memory of the server</h2>
${drawChart(memoryOverTime(report))}
${compared.length === 0 ? '' : `<h2>Compared with the baseline</h2>\n${comparedTable(compared)}`}`,
  });
}

const latencyNote =
  'Latency counts from the scheduled sending time, or from the actual one where ghz sent the ' +
  'requests. “Late by” is how far behind its schedule the client sent. If it is large, the row ' +
  'describes the client and not the server.';

function setUpText({ model, replicas, options, machine }: SuiteReport): string {
  const { candidates, tokens, deadlineMs } = options;
  return (
    `${model} on ${replicas}; ${candidates} candidates of about ${tokens} tokens, ` +
    `deadline ${deadlineMs} ms; ${machineText(machine)}`
  );
}

/** Scenarios with a constant rate and the usual mix, sent by our own client. */
function curve({ scenarios }: SuiteReport): readonly ScenarioResult[] {
  return scenarios
    .filter(({ name }) => /^(search-|steady$|overload$)/.test(name))
    .toSorted((a, b) => a.summary.offeredPerSecond - b.summary.offeredPerSecond);
}

function latencyOverRate(report: SuiteReport) {
  // A point at ten times the capacity would make the chart too wide for the others.
  const points = curve(report).filter(
    ({ summary }) => summary.offeredPerSecond <= 2 * report.capacity,
  );
  const line = (name: 'p50' | 'p95' | 'p99', colour: string): Series => ({
    name,
    colour,
    as: 'line',
    points: points.map(({ summary }) => [
      summary.offeredPerSecond,
      summary.latencyMs?.[name] ?? NaN,
    ]),
  });
  return {
    title: 'Latency over offered rate',
    x: 'requests/s offered',
    y: 'ms, of answered requests',
    series: [line('p50', '#2a6fb0'), line('p95', '#e59500'), line('p99', '#c0392b')],
    levels: [{ y: report.options.sloMs, name: 'objective' }],
  };
}

function goodputOverRate(report: SuiteReport) {
  const points = curve(report).map(
    ({ summary }) => [summary.offeredPerSecond, summary.candidatesPerSecond] as const,
  );
  return {
    title: 'Goodput over offered rate',
    x: 'requests/s offered',
    y: 'candidates/s answered in time',
    series: [{ name: 'goodput', colour: colours.scored, as: 'line', points } as const],
    ...(report.engine === undefined
      ? {}
      : { levels: [{ y: report.engine.candidatesPerSecond, name: 'bare engine' }] }),
  };
}

function latencyOverTime({ name, note, points }: ScenarioResult): string {
  const chart = drawChart({
    title: name,
    x: 'seconds, as scheduled',
    y: 'ms',
    series: [{ name: 'answered', colour: '#2a6fb0', as: 'dots', points }],
  });
  return `<h3>${escapeText(name)}</h3>${paragraph(note)}${chart}`;
}

function memoryOverTime({ memory }: SuiteReport) {
  const points = memory.map(({ atMs, mb }) => [atMs / 1000, mb] as const);
  return {
    title: 'Resident memory',
    x: 'seconds',
    y: 'MB',
    series: [{ name: 'resident', colour: '#5b3e96', as: 'line', points } as const],
  };
}

function aimTable(aims: readonly Aim[]): string {
  return table(
    ['aim', 'found', ''],
    aims.map(({ what, found, holds }) => [what, found, holds ? 'holds' : 'does not hold']),
  );
}

function scenarioTable(scenarios: readonly ScenarioResult[]): string {
  const ms = (value: number | undefined) => (value === undefined ? '-' : value.toFixed(0));
  return table(
    [
      'scenario',
      'sent by',
      'offered/s',
      'answered/s',
      'candidates/s',
      'p50 ms',
      'p95 ms',
      'p99 ms',
      'refused p99 ms',
      'late by p99 ms',
      'client cores',
      'busy replicas',
      'tokens a batch',
      'ms per 1000 tokens',
      'run per answered',
      'front end busy',
    ],
    scenarios.map(({ name, generator, summary, clientCores, runs }) => [
      name,
      generator,
      summary.offeredPerSecond.toFixed(1),
      summary.goodputPerSecond.toFixed(1),
      summary.candidatesPerSecond.toFixed(0),
      ms(summary.latencyMs?.p50),
      ms(summary.latencyMs?.p95),
      ms(summary.latencyMs?.p99),
      ms(summary.refusedMs?.p99),
      generator === 'ghz' ? '-' : ms(summary.lagMs?.p99),
      generator === 'ghz' ? '-' : clientCores.toFixed(2),
      runs?.busyReplicas.toFixed(2) ?? '-',
      runs?.tokensPerBatch.toFixed(0) ?? '-',
      runs?.msPerThousandTokens.toFixed(1) ?? '-',
      runs?.runPerAnswered.toFixed(2) ?? '-',
      runs?.frontEndBusy.toFixed(2) ?? '-',
    ]),
  );
}

function endsTable(scenarios: readonly ScenarioResult[]): string {
  return table(
    ['scenario', 'sent', ...outcomes, 'client : server', 'reconciles'],
    scenarios.map(({ name, account }) => [
      name,
      String(account.sent),
      ...outcomes.map((outcome) => String(account.counts[outcome])),
      account.pairs
        .filter(({ client, server }) => client !== server)
        .map(({ client, server, count }) => `${client} : ${server} ${count}`)
        .join(', ') || (account.pairs.length === 0 ? 'counts only' : 'all equal'),
      account.problems.length === 0 ? 'yes' : account.problems.join('; '),
    ]),
  );
}

function statusBars(scenarios: readonly ScenarioResult[]): string {
  const [left, length] = [150, 560];
  const rows = scenarios.map(({ name, account }, row) => {
    let x = left;
    const bars = outcomes.map((outcome) => {
      const size = (account.counts[outcome] / Math.max(1, account.sent)) * length;
      const bar = `<rect x="${x.toFixed(1)}" y="${row * 20 + 3}" width="${size.toFixed(1)}" height="15" fill="${colours[outcome]}"><title>${outcome} ${account.counts[outcome]}</title></rect>`;
      x += size;
      return bar;
    });
    return `<text x="0" y="${row * 20 + 15}">${escapeText(name)}</text>${bars.join('')}`;
  });
  const legend = outcomes.map(
    (outcome, i) =>
      `<text x="${left + 95 * i}" y="${20 * scenarios.length + 16}" style="fill:${colours[outcome]}">■ ${outcome}</text>`,
  );
  return `<svg viewBox="0 0 720 ${20 * scenarios.length + 24}" role="img">${rows.join('')}${legend.join('')}</svg>`;
}

function comparedTable(compared: readonly Compared[]): string {
  return table(
    ['number', 'before', 'now', 'ratio'],
    compared.map(({ name, before, now, ratio }) => [
      name,
      before.toFixed(1),
      now.toFixed(1),
      ratio.toFixed(3),
    ]),
  );
}
