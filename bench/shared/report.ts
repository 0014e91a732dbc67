import { formatFixed, formatTable } from '../../src/base/format-table.ts';
import type { Machine } from '../../src/eval/measures/machine.ts';
import { machineText } from '../machine.ts';
import type { FaultRow, Figures } from './scores.ts';

export interface SharedReport {
  readonly machine: Machine;
  readonly model: string;
  readonly valkey: string;
  readonly requests: number;
  readonly candidates: number;
  /** Requests a second of each server while a fault lasts, and how long that is. */
  readonly perSecond: number;
  readonly seconds: number;
  readonly scores: {
    readonly hits: Readonly<Record<'first' | 'second' | 'alone', Figures | undefined>>;
    readonly faults: readonly FaultRow[];
  };
}

export function formatSharedReport(report: SharedReport): string {
  const { machine, model, valkey, requests, candidates, scores } = report;
  return [
    `${machineText(machine)}; ${model}; ${valkey}`,
    '',
    `${requests} requests of ${candidates}, one after the other:`,
    formatTable([
      ['server', 'cached', 'p50 ms', 'p99 ms', 'failed', 'wrong'],
      ['first', ...hitCells(scores.hits.first)],
      ['second, shares with the first', ...hitCells(scores.hits.second)],
      ['alone', ...hitCells(scores.hits.alone)],
    ]),
    `${report.perSecond} requests/s to each server, ${report.seconds} s of each fault:`,
    formatTable([
      ['Valkey', 'calls', 'failed', 'wrong', 'cached', 'bad', 'p50 ms', 'p99 ms'].concat([
        'alone p50',
        'alone p99',
        'breaker',
        'MB',
      ]),
      ...scores.faults.map(faultCells),
    ]),
  ].join('\n');
}

/** Whether nothing was wrong and nothing failed. */
export function isSound({ scores }: SharedReport): boolean {
  const { hits, faults } = scores;
  const all = [...Object.values(hits), ...faults.flatMap(({ shared, alone }) => [shared, alone])];
  return all.every((figures) => figures?.failed === 0 && figures.wrong === 0);
}

function hitCells(figures: Figures | undefined): readonly string[] {
  if (figures === undefined) {
    return [];
  }
  const { cached, p50Ms, p99Ms, failed, wrong } = figures;
  return [percent(cached), formatFixed(p50Ms, 1), formatFixed(p99Ms, 1), `${failed}`, `${wrong}`];
}

function faultCells(row: FaultRow): readonly string[] {
  const { name, shared, alone, isBreakerOpen, bad, residentMb } = row;
  const times = [shared.p50Ms, shared.p99Ms, alone.p50Ms, alone.p99Ms];
  return [
    name,
    ...[shared.calls, shared.failed, shared.wrong].map(String),
    percent(shared.cached),
    String(bad),
    ...times.map((ms) => formatFixed(ms, 1)),
    isBreakerOpen ? 'open' : 'closed',
    formatFixed(residentMb, 0),
  ];
}

function percent(share: number): string {
  return `${formatFixed(100 * share, 0)} %`;
}
