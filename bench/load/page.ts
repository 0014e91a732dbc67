import { factsTable, formatHtmlPage, paragraph } from '../../src/page/html-page.ts';
import { escapeText } from '../../src/page/svg.ts';
import { machineText } from '../machine.ts';
import type { LoadReport } from './report.ts';
import { at } from '../../src/base/at.ts';

const width = 720;
const height = 260;
const margin = 46;
const bins = 48;

/** The report as a self-contained HTML page: latency histogram, statuses and facts. */
export function formatPage(report: LoadReport): string {
  const { summary, machine, options, latenciesMs } = report;
  const chart =
    latenciesMs.length === 0
      ? paragraph('No request was answered with OK.')
      : latencyChart(latenciesMs);
  return formatHtmlPage({
    title: `slmrank load: ${options.rps} requests/s for ${options.seconds} s`,
    widthPx: width,
    style:
      'svg text { font-size: 12px; } .bar { fill: #7aa6d8; } .axis { stroke: #999; }\n' +
      '.line { fill: none; stroke: #c0392b; stroke-width: 2; }\n',
    body: `${factsTable(factsOf(report))}
<h2>Latency of answers with OK</h2>
${chart}
<h2>Statuses</h2>
${statusChart(summary.statuses)}
${paragraph(machineText(machine))}`,
  });
}

function factsOf({ summary, server, options, memory }: LoadReport): readonly [string, string][] {
  const { latencyMs: latency, sendLagMs } = summary;
  const ms = (value: number | undefined) => (value === undefined ? '-' : `${value.toFixed(0)} ms`);
  return [
    [
      'Model',
      `${server.model}, fingerprint ${server.fingerprint.slice(0, 12)}, ${server.replicas}`,
    ],
    [
      'Requests',
      `${summary.requests}, ${options.candidates} candidates each, deadline ${options.deadlineMs} ms`,
    ],
    ['p50, p95, p99', `${ms(latency?.p50)}, ${ms(latency?.p95)}, ${ms(latency?.p99)}`],
    [
      'Goodput',
      `${summary.goodput.toFixed(2)} answers/s, ${summary.candidatesPerSecond.toFixed(1)} candidates/s`,
    ],
    ['Sent late by', `p99 ${ms(sendLagMs.p99)}, most ${ms(sendLagMs.max)}`],
    ['One request afterwards', `${server.afterMs.toFixed(0)} ms`],
    ...(memory === undefined ? [] : [['Server memory', memoryText(memory)] as [string, string]]),
  ];
}

export function memoryText({ startMb, peakMb, endMb }: NonNullable<LoadReport['memory']>): string {
  return `${startMb.toFixed(0)} MB before, ${peakMb.toFixed(0)} MB at most, ${endMb.toFixed(0)} MB after`;
}

/** A histogram with logarithmic bins, and a line with the share of answers up to each latency. */
function latencyChart(latencies: readonly number[]): string {
  const sorted = [...latencies].sort((a, b) => a - b);
  const low = Math.log10(Math.max(0.1, at(sorted, 0)) * 0.9);
  const high = Math.log10((sorted.at(-1) ?? 1) * 1.1);
  const x = (ms: number) =>
    margin + ((Math.log10(Math.max(0.1, ms)) - low) / (high - low)) * (width - 2 * margin);
  const y = (share: number) => height - margin - share * (height - 2 * margin);
  const counts = new Array<number>(bins).fill(0);
  for (const ms of sorted) {
    const bin = Math.min(
      bins - 1,
      Math.floor(((Math.log10(Math.max(0.1, ms)) - low) / (high - low)) * bins),
    );
    counts[bin] = at(counts, bin) + 1;
  }
  const most = Math.max(...counts);
  const step = (width - 2 * margin) / bins;
  const bars = counts.map(
    (count, i) =>
      `<rect class="bar" x="${(margin + i * step).toFixed(1)}" y="${y(count / most).toFixed(1)}" width="${(step - 1).toFixed(1)}" height="${(y(0) - y(count / most)).toFixed(1)}"><title>${count}</title></rect>`,
  );
  const points = sorted.map(
    (ms, i) => `${x(ms).toFixed(1)},${y((i + 1) / sorted.length).toFixed(1)}`,
  );
  const marks = ticks(10 ** low, 10 ** high).map(
    (ms) =>
      `<text x="${x(ms).toFixed(1)}" y="${height - margin + 16}" text-anchor="middle">${ms}</text>`,
  );
  const shares = [0, 0.5, 0.9, 1].map(
    (share) =>
      `<line class="axis" stroke-dasharray="2 4" x1="${margin}" x2="${width - margin}" y1="${y(share)}" y2="${y(share)}"/>` +
      `<text x="${width - margin + 6}" y="${y(share) + 4}">${100 * share} %</text>`,
  );
  return `<svg viewBox="0 0 ${width} ${height}" role="img">${bars.join('')}${shares.join('')}
<polyline class="line" points="${points.join(' ')}"/>${marks.join('')}
<text x="${width / 2}" y="${height - 8}" text-anchor="middle">milliseconds (log); bars: answers, line: share answered</text></svg>`;
}

/** 1, 2 and 5 times powers of ten within the bounds. */
function ticks(low: number, high: number): number[] {
  const powers = Array.from({ length: 9 }, (_, i) => 10 ** (i - 1));
  return powers
    .flatMap((power) => [1, 2, 5].map((each) => Number((each * power).toPrecision(1))))
    .filter((ms) => ms >= low && ms <= high);
}

function statusChart(statuses: Readonly<Record<string, number>>): string {
  const rows = Object.entries(statuses);
  const most = Math.max(...rows.map(([, count]) => count));
  const bars = rows.map(([status, count], i) => {
    const y = i * 28;
    const length = (count / most) * (width - 320);
    return `<text x="0" y="${y + 18}">${escapeText(status)}</text><rect class="bar" x="200" y="${y + 4}" width="${length.toFixed(1)}" height="20"/><text x="${(206 + length).toFixed(1)}" y="${y + 18}">${count}</text>`;
  });
  return `<svg viewBox="0 0 ${width} ${28 * rows.length}" role="img">${bars.join('')}</svg>`;
}
