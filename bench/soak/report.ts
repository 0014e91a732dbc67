import type { Machine } from '../machine.ts';
import type { Account } from '../suite/account/reconcile.ts';
import { quantilesOf } from '../suite/account/ends.ts';
import { table } from '../suite/page.ts';
import { drawChart, escapeText } from '../../src/page/svg.ts';
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
  /** Ranking requests that the server counted. */
  readonly counted: number;
  readonly others: readonly OtherEnd[];
  readonly resizes: Resizes;
  readonly samples: Samples;
}

/** What a plateau may rise by, besides a tenth. */
const slack = { residentMb: 30, heapMb: 15, outsideMb: 15, lagMs: 10 } as const;
const titles = {
  residentMb: 'resident memory, MB',
  heapMb: 'heap in use, MB',
  outsideMb: 'buffers outside the heap, MB',
  lagMs: 'event-loop lag, ms',
  waitMs: 'wait for a core, ms a second',
} as const;
/** Of the server; the wait for a core is its neighbours' doing, and only told. */
const names = ['residentMb', 'heapMb', 'outsideMb', 'lagMs'] as const;

export interface Verdict {
  readonly name: keyof Samples;
  readonly trend: Trend | undefined;
  /** Undefined when there are too few samples to say. */
  readonly isFlat: boolean | undefined;
}

export function judgeSamples(samples: Samples): readonly Verdict[] {
  return names.map((name) => {
    const trend = findTrend(afterWarmUp(samples[name]));
    return { name, trend, isFlat: trend && isPlateau(trend, slack[name]) };
  });
}

/** What is wrong, in words; empty when the soak has passed. */
export function findProblems(report: SoakReport): readonly string[] {
  const growing = judgeSamples(report.samples).filter(({ isFlat }) => isFlat === false);
  const failed = report.others.filter(({ status }) => !allowed.has(status));
  return [
    ...growing.map(({ name }) => `${titles[name]} keeps growing`),
    ...report.account.problems,
    ...report.resizes.problems,
    ...(failed.length === 0
      ? []
      : [
          `${failed.length} other calls failed, the first: ${failed[0]?.kind} ${failed[0]?.status}`,
        ]),
  ];
}

/** Of calls that rank nothing: under bursts they may be refused or late, and nothing else. */
const allowed = new Set(['OK', 'RESOURCE_EXHAUSTED', 'DEADLINE_EXCEEDED']);

export function soakRows(report: SoakReport): readonly (readonly string[])[] {
  const { account, others, resizes, samples } = report;
  const number = (value: number | undefined) => value?.toFixed(1) ?? '-';
  const trends = judgeSamples(samples).map(({ name, trend, isFlat }) => [
    titles[name],
    `${trend?.slope.toFixed(3) ?? '-'} a minute; first quarter ${number(trend?.firstQuarter)}, last ${number(trend?.lastQuarter)}, most ${number(trend?.most)}`,
    isFlat === undefined ? 'too few samples' : isFlat ? 'plateau' : 'GROWS',
  ]);
  const wait = findTrend(afterWarmUp(samples.waitMs));
  const lag = quantilesOf(afterWarmUp(samples.lagMs).map(({ value }) => value));
  const probes = quantilesOf(others.filter(({ kind }) => kind === 'info').map(({ ms }) => ms));
  const ends = Object.entries(account.counts).map(([outcome, count]) => `${outcome} ${count}`);
  return [
    ...trends,
    [
      titles.waitMs,
      `first quarter ${number(wait?.firstQuarter)}, last ${number(wait?.lastQuarter)}, most ${number(wait?.most)}`,
      'the neighbours',
    ],
    ['lag p50, p99, most', `${number(lag?.p50)}, ${number(lag?.p99)}, ${number(lag?.max)} ms`, ''],
    [
      'GetInfo p50, p99, most',
      `${number(probes?.p50)}, ${number(probes?.p99)}, ${number(probes?.max)} ms`,
      '',
    ],
    ['ranked', `sent ${account.sent} = ${ends.join(' + ')}`, ''],
    ['other calls', String(others.length), ''],
    ['live resizes', String(resizes.done), ''],
    [
      'accounts',
      account.problems.join('; ') || 'every request has one end, as the server says',
      '',
    ],
  ];
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
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>slmrank soak</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; max-width: 820px; margin: 2em auto; padding: 0 1em; color: #222; }
td, th { padding: 2px 14px 2px 0; text-align: left; vertical-align: top; } svg { width: 100%; height: auto; } svg text { font: 11px system-ui, sans-serif; fill: #444; }
</style>
<h1>slmrank soak, ${options.minutes} minutes</h1>
<p>${escapeText(`${report.perSecond.toFixed(1)} requests/s on average, ${options.devices}; ${machine.cpu}, ${machine.cores} cores, Node ${machine.node}, commit ${machine.commit}, ${machine.date}`)}</p>
<p>${escapeText(problems.length === 0 ? 'Passed.' : problems.join('; '))}</p>
${table(['', '', ''], soakRows(report))}
${[...names, 'waitMs' as const].map(chart).join('\n')}
</html>
`;
}

function pointsOf(samples: readonly Sample[]): readonly (readonly [number, number])[] {
  return samples.map(({ minute, value }) => [minute, value] as const);
}
