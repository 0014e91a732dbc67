import { outcomes } from './account/ends.ts';
import { type Aim, type Compared, judge, type SuiteReport } from './report.ts';
import type { ScenarioResult } from './scenarios/run-scenario.ts';
import { drawChart, escapeText, type Series } from '../../src/page/svg.ts';

const colours = {
  scored: '#3a7d44',
  partial: '#9bc53d',
  rejected: '#e59500',
  expired: '#c0392b',
  cancelled: '#8e8e93',
  failed: '#000',
} as const;

/** The report as one HTML page that needs nothing else. */
export function formatSuitePage(report: SuiteReport, compared: readonly Compared[]): string {
  const { machine, scenarios, model, replicas, options } = report;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>slmrank load suite</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; max-width: 960px; margin: 2em auto; padding: 0 1em; color: #222; }
table { border-collapse: collapse; font-size: 13px; } td, th { padding: 2px 12px 2px 0; text-align: right; vertical-align: top; }
td:first-child, th:first-child { text-align: left; } svg { width: 100%; height: auto; } svg text { font: 11px system-ui, sans-serif; fill: #444; }
.off { color: #c0392b; }
</style>
<h1>slmrank load suite</h1>
<p>${escapeText(`${model} on ${replicas}; ${options.candidates} candidates of about ${options.tokens} tokens, deadline ${options.deadlineMs} ms; ${machine.cpu}, ${machine.cores} cores, Node ${machine.node}, commit ${machine.commit}, ${machine.date}`)}</p>
<h2>Aims</h2>
${aimTable(judge(report))}
<h2>Latency over offered rate</h2>
${drawChart(latencyOverRate(report))}
<h2>Goodput over offered rate</h2>
${drawChart(goodputOverRate(report))}
<h2>Scenarios</h2>
${scenarioTable(scenarios)}
<p>Latency counts from the moment the schedule would have sent a request, except by ghz. “Late by” is how far behind its schedule the client sent: large, and the row tells of the client, not of the server.</p>
<h2>Ends</h2>
${endsTable(scenarios)}
${statusBars(scenarios)}
<h2>Latency over time</h2>
${scenarios
  .filter(({ name }) => !name.startsWith('search-'))
  .map(latencyOverTime)
  .join('\n')}
<h2>Memory of the server</h2>
${drawChart(memoryOverTime(report))}
${compared.length === 0 ? '' : `<h2>Against the baseline</h2>\n${comparedTable(compared)}`}
</html>
`;
}

/** Scenarios of one rate and the usual mix, by our own client. */
function curve({ scenarios }: SuiteReport): readonly ScenarioResult[] {
  return scenarios
    .filter(({ name }) => /^(search-|steady$|overload$)/.test(name))
    .toSorted((a, b) => a.summary.offeredPerSecond - b.summary.offeredPerSecond);
}

function latencyOverRate(report: SuiteReport) {
  // Ten times capacity would squeeze all the others into a corner.
  const points = curve(report).filter(
    ({ summary }) => summary.offeredPerSecond <= 2 * report.capacity,
  );
  const line = (name: 'p50' | 'p95' | 'p99', colour: string): Series => ({
    ...{ name, colour, as: 'line' },
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
  return `<h3>${escapeText(name)}</h3><p>${escapeText(note)}</p>${chart}`;
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
      ...['scenario', 'sent by', 'offered/s', 'answered/s', 'candidates/s', 'p50 ms', 'p95 ms'],
      ...[
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

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = (row: readonly string[], tag: string) =>
    `<tr>${row.map((cell) => `<${tag}${cell === 'does not hold' ? ' class="off"' : ''}>${escapeText(cell)}</${tag}>`).join('')}</tr>`;
  return `<table>${cells(head, 'th')}${rows.map((row) => cells(row, 'td')).join('')}</table>`;
}
