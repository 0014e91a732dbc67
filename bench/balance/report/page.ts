import { at } from '../../../src/base/at.ts';
import { machineText } from '../../machine.ts';
import type { Machine } from '../../../src/eval/measures/machine.ts';
import { formatHtmlPage, paragraph } from '../../../src/page/html-page.ts';
import { drawChart, type Series } from '../../../src/page/svg.ts';
import { table } from '../../../src/page/table.ts';
import type { EventsRow, SteadyRow } from './rows.ts';
import { eventsHead, eventsTable, steadyHead, steadyTable } from './tables.ts';

export interface BalanceReport {
  readonly machine: Machine;
  /** Run times of the servers over that of the first. */
  readonly factors: readonly number[];
  /** Candidates per second of each server alone. */
  readonly capacities: readonly number[];
  readonly deadlineMs: number;
  readonly steady: readonly SteadyRow[];
  readonly events: readonly EventsRow[];
  readonly eventsLoad: number;
  /** Why ways are missing. */
  readonly skipped: readonly string[];
}

const colours = [
  '#c0392b',
  '#2c6fbb',
  '#27874a',
  '#b8860b',
  '#7d3cb5',
  '#16899c',
  '#d35494',
  '#5d6d7e',
  '#935116',
  '#1b4f72',
  '#6b8e23',
  '#e67e22',
];

/** The report as a self-contained page: charts by load and of the events, and the tables. */
export function formatPage(report: BalanceReport): string {
  const { machine, factors, capacities, deadlineMs, steady, events, skipped } = report;
  const rates = capacities.map((rate) => rate.toFixed(0)).join(', ');
  const body = [
    paragraph(
      `Three servers whose runs take ${factors.join(', ')} times as long; alone they rank ${rates} candidates/s. ` +
        `Deadline ${deadlineMs} ms. Load is the share of their sum. Goodput is candidates ranked in time per second. ` +
        'Each way plays the same calls in turn, in rounds; the columns of calls and weights have the servers’ shares in percent.',
    ),
    ...skipped.map((line) => paragraph(`Skipped: ${line}`)),
    drawChart({
      title: 'Calls in time',
      x: 'load',
      y: 'calls in time, %',
      height: 420,
      series: byWay(steady, ({ account }) => (100 * account.ends.ok) / account.calls),
      fromY: 50,
    }),
    drawChart({
      title: 'p99 of calls in time',
      x: 'load',
      y: 'p99, ms',
      height: 420,
      series: byWay(steady, ({ account }) => account.latencyMs?.p99 ?? NaN),
    }),
    `<div class="wide">${table(steadyHead, steadyTable(steady))}</div>`,
    ...(events.length === 0 ? [] : eventsPart(report)),
    paragraph(machineText(machine)),
  ];
  return formatHtmlPage({ title: 'Ways to spread calls', widthPx: 980, body: body.join('\n') });
}

function eventsPart({ events, eventsLoad }: BalanceReport): readonly string[] {
  const [first] = events;
  const steps = first?.phases.map(({ what }) => what).slice(1) ?? [];
  return [
    '<h2>A server killed, cold, draining</h2>',
    paragraph(
      `Load ${eventsLoad}. In this order: ${steps.join('; ')}. The columns of events have the share of calls in time ` +
        'until the next event; first calls are how long after its start a cold server got its first call.',
    ),
    drawChart({
      title: 'Goodput by second',
      x: 'second',
      y: 'candidates in time per second',
      height: 420,
      series: events.map(({ way, perSecond }, i) => ({
        name: shortName(way),
        colour: colourOf(i),
        as: 'line',
        hasEndLabel: true,
        points: perSecond.map((value, second) => [second, value] as const),
      })),
    }),
    `<div class="wide">${table(eventsHead, eventsTable(events))}</div>`,
  ];
}

function byWay(rows: readonly SteadyRow[], value: (row: SteadyRow) => number): readonly Series[] {
  const ways = [...new Set(rows.map(({ way }) => way))];
  return ways.map((way, i) => ({
    name: shortName(way),
    colour: colourOf(i),
    as: 'line',
    hasEndLabel: true,
    points: rows.filter((row) => row.way === way).map((row) => [row.load, value(row)] as const),
  }));
}

/** Short enough for the right margin of a chart. WRR alone has reports out of band, if any. */
function shortName(way: string): string {
  return way
    .replace(/(client_side_)?weighted_round_robin/, 'WRR')
    .replace('least_request', 'least')
    .replace(', reports of calls', ' calls')
    .replace(', reports out of band', '');
}

function colourOf(place: number): string {
  return at(colours, place % colours.length);
}
