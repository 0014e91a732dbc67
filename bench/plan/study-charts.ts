import { at } from '../../src/base/at.ts';
import { type Chart, type Series } from '../../src/page/svg.ts';
import { table } from '../../src/page/table.ts';
import type { PlanReport } from './report.ts';
import { targetMs } from './run.ts';
import { failureCases, failurePolicies, type FailurePoint } from './studies.ts';

export const colours = {
  measured: '#3a7d44',
  assumed: '#e59500',
  blue: '#2e6fb7',
  red: '#c0392b',
  grey: '#8e8e93',
} as const;

export const count = (value: number) => Math.round(value).toLocaleString('en-US');
export const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
export const ms = (value: number | undefined) =>
  value !== undefined && Number.isFinite(value) ? `${value.toFixed(0)} ms` : `over ${targetMs} ms`;

function curves({ loads }: PlanReport) {
  return [50, 250].flatMap((candidates) =>
    [1, 2].map((bursts) => ({
      candidates,
      bursts,
      points: loads.filter((one) => one.candidates === candidates && one.bursts === bursts),
    })),
  );
}

export function loadChart(report: PlanReport): Chart {
  const series = curves(report).map(
    ({ candidates, bursts, points }): Series => ({
      name: `${candidates}${bursts === 1 ? '' : ', bursts'}`,
      colour: candidates === 50 ? colours.blue : colours.red,
      isDashed: bursts > 1,
      hasEndLabel: true,
      as: 'line',
      points: points.map(({ load, inTime }) => [100 * load, 100 * (1 - inTime)]),
    }),
  );
  const title = 'Requests not answered in time over load';
  return { title, x: 'load, % of full batches', y: 'not in time, %', series, logX };
}

const logX = { ticks: [70, 75, 80, 85, 90, 95, 100] };

export function loadTable(report: PlanReport): string {
  const loads = [...new Set(report.loads.map(({ load }) => load))];
  return table(
    ['p99, in time', ...loads.map((load) => `${Math.round(100 * load)} %`)],
    curves(report).map(({ candidates, bursts, points }) => [
      `${candidates} candidates, ${bursts === 1 ? 'Poisson' : `rate x${bursts} for a fifth of the time`}`,
      ...points.map(({ latencyMs, inTime }) => `${ms(latencyMs[2])}, ${percent(inTime)}`),
    ]),
  );
}

const cellOf = (point: FailurePoint | undefined) =>
  point === undefined ? '' : `${percent(point.inTime)}, ${ms(point.p99)}`;

export function failureTable({ failures }: PlanReport): string {
  const rows = Object.keys(failureCases).map((name) => [
    name,
    ...failurePolicies.map((policy) =>
      cellOf(failures.find((point) => point.failure === name && point.policy === policy)),
    ),
  ]);
  return table(['failure', ...failurePolicies], rows);
}

const shortNames = {
  round_robin: 'round robin',
  weighted_round_robin: 'weighted',
  least_request: 'least request',
} as const;

export function failureChart({ failures }: PlanReport, name: string): Chart {
  const palette = [colours.grey, colours.blue, colours.measured];
  const series = failurePolicies.map((policy, i): Series => {
    const point = failures.find((one) => one.failure === name && one.policy === policy);
    const points = (point?.bySecond ?? []).map(
      (share, second) => [second + 0.5, 100 * share] as const,
    );
    const colour = at(palette, i);
    return { name: shortNames[policy], colour, as: 'line', points, hasEndLabel: true };
  });
  return { title: name, x: 'second', y: 'answered in time, %', series, fromY: 90, toY: 100 };
}

export function dayChart({ day }: PlanReport): Chart {
  const line = (name: string, colour: string, pick: (point: PlanReport['day'][number]) => number) =>
    ({
      name,
      colour,
      as: 'line',
      points: day.map((point) => [point.hour + 0.5, pick(point)] as const),
    }) satisfies Series;
  return {
    title: 'A day',
    x: 'hour',
    y: 'ms; % of the peak',
    series: [
      line('p99, ms', colours.red, ({ p99 }) => p99),
      line('p50, ms', colours.blue, ({ p50 }) => p50),
      line('rate, % of the peak', colours.grey, ({ rate }) => 100 * rate),
    ],
    levels: [{ y: targetMs, name: 'target' }],
  };
}

export function sizeTable({ sizes }: PlanReport): string {
  return table(
    ['servers', 'requests', 'p50', 'p95', 'p99', 'in time', 'simulated in'],
    sizes.map(({ servers, requests, latencyMs, inTime, wallSeconds }) => [
      count(servers),
      count(requests),
      ...latencyMs.map(ms),
      percent(inTime),
      `${wallSeconds.toFixed(0)} s`,
    ]),
  );
}
