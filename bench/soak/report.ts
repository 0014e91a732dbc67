import { factsTable, formatHtmlPage, paragraph } from '../../src/page/html-page.ts';
import { drawChart } from '../../src/page/svg.ts';
import { table } from '../../src/page/table.ts';
import type { Quantiles } from '../load/summary.ts';
import type { Machine } from '../../src/eval/measures/machine.ts';
import { machineText } from '../machine.ts';
import type { Account } from '../suite/account/reconcile.ts';
import { quantilesOf } from '../suite/account/ends.ts';
import type { SoakOptions } from './options.ts';
import { afterWarmUp, findTrend, isPlateau, type Sample, type Trend } from './plateau.ts';
import type { Resizes } from './resize.ts';
import type { Samples } from './samples.ts';
import type { OtherEnd } from './traffic.ts';

export interface SoakReport {
  readonly options: SoakOptions;
  readonly machine: Machine;
  readonly perSecond: number;
  readonly account: Account;
  /** The number of ranking requests by the server's counters. */
  readonly counted: number;
  readonly others: readonly OtherEnd[];
  readonly resizes: Resizes;
  readonly samples: Samples;
}

/** A plateau may rise by a tenth or by this amount, whichever is greater. */
const slack = { residentMb: 30, heapMb: 15, outsideMb: 15, lagMs: 10 } as const;
const titles = {
  residentMb: 'resident memory, MB',
  heapMb: 'heap in use, MB',
  outsideMb: 'buffers outside the heap, MB',
  lagMs: 'event-loop lag, ms',
  waitMs: 'wait for a core, ms per second',
} as const;
/** The series that must not grow. The wait for a core is due to other processes. */
const judgedNames = ['residentMb', 'heapMb', 'outsideMb', 'lagMs'] as const;

export interface Verdict {
  readonly name: keyof Samples;
  readonly trend: Trend | undefined;
  /** Undefined if there are too few samples. */
  readonly isFlat: boolean | undefined;
}

interface SeriesRow extends Pick<Verdict, 'name' | 'trend'> {
  readonly verdict: string;
}

export function judgeSamples(samples: Samples): readonly Verdict[] {
  return judgedNames.map((name) => {
    const trend = findTrend(afterWarmUp(samples[name]));
    return { name, trend, isFlat: trend && isPlateau(trend, slack[name]) };
  });
}

/** Every problem as a sentence; empty if the soak passed. */
export function findProblems(report: SoakReport): readonly string[] {
  const growing = judgeSamples(report.samples).filter(({ isFlat }) => isFlat === false);
  const failed = report.others.filter(({ status }) => !allowed.has(status));
  const [first] = failed;
  return [
    ...growing.map(({ name }) => `${titles[name]} keeps growing`),
    ...report.account.problems,
    ...report.resizes.problems,
    ...(first === undefined
      ? []
      : [`${failed.length} other calls failed, the first: ${first.kind} ${first.status}`]),
  ];
}

/** Statuses allowed for calls that do not rank: in a burst they may be refused or late. */
const allowed = new Set(['OK', 'RESOURCE_EXHAUSTED', 'DEADLINE_EXCEEDED']);

/** Table rows: the means of each series over the four quarters of the time after the warm-up. */
export function quarterRows(samples: Samples): readonly (readonly string[])[] {
  const wait: SeriesRow = {
    name: 'waitMs',
    trend: findTrend(afterWarmUp(samples.waitMs)),
    verdict: 'other processes',
  };
  const judged = judgeSamples(samples).map(
    ({ name, trend, isFlat }): SeriesRow => ({
      name,
      trend,
      verdict: isFlat === undefined ? 'too few samples' : isFlat ? 'plateau' : 'GROWS',
    }),
  );
  return [
    ['', 'first quarter', 'second', 'third', 'fourth', 'most', 'per minute', ''],
    ...judged
      .concat(wait)
      .map(({ name, trend, verdict }) => [
        titles[name],
        ...(trend?.quarters ?? [undefined, undefined, undefined, undefined]).map(shortNumber),
        shortNumber(trend?.most),
        trend?.slope.toFixed(3) ?? '-',
        verdict,
      ]),
  ];
}

function shortNumber(value: number | undefined): string {
  return value?.toFixed(1) ?? '-';
}

/** Facts about the calls, each with its name and text. */
export function soakRows(report: SoakReport): readonly (readonly string[])[] {
  const { account, others, resizes, samples } = report;
  const lag = quantilesOf(afterWarmUp(samples.lagMs).map(({ value }) => value));
  const probes = quantilesOf(others.filter(({ kind }) => kind === 'info').map(({ ms }) => ms));
  const ends = Object.entries(account.counts).map(([outcome, count]) => `${outcome} ${count}`);
  return [
    ['lag p50, p99, most', quantileText(lag)],
    ['GetInfo p50, p99, most', quantileText(probes)],
    ['ranked', `sent ${account.sent} = ${ends.join(' + ')}`],
    ['other calls', String(others.length)],
    ['live resizes', String(resizes.done)],
    ['accounts', account.problems.join('; ') || 'every request ended once, as the server says'],
  ];
}

function quantileText(of: Quantiles | undefined): string {
  return `${shortNumber(of?.p50)}, ${shortNumber(of?.p99)}, ${shortNumber(of?.max)} ms`;
}

function quarterTable(samples: Samples): string {
  const [head = [], ...rows] = quarterRows(samples);
  return `<div class="wide">${table(head, rows)}</div>`;
}

export function formatSoakPage(report: SoakReport): string {
  const { machine, options } = report;
  const problems = findProblems(report);
  const chart = (name: keyof Samples) =>
    `<h2>${titles[name]}</h2>${drawChart({
      title: titles[name],
      x: 'minutes',
      y: '',
      series: [
        { name: 'sampled', colour: '#2a6fb0', as: 'line', points: pointsOf(report.samples[name]) },
      ],
    })}`;
  const setUp = `${report.perSecond.toFixed(1)} requests/s on average, ${options.devices}`;
  return formatHtmlPage({
    title: `slmrank soak, ${options.minutes} minutes`,
    widthPx: 900,
    body: `${paragraph(`${setUp}; ${machineText(machine)}`)}
${paragraph(problems.length === 0 ? 'Passed.' : problems.join('; '))}
${quarterTable(report.samples)}
${factsTable(soakRows(report))}
${[...judgedNames, 'waitMs' as const].map(chart).join('\n')}`,
  });
}

function pointsOf(samples: readonly Sample[]): readonly (readonly [number, number])[] {
  return samples.map(({ minute, value }) => [minute, value] as const);
}
