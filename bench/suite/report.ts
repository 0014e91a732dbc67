import type { Machine } from '../../src/eval/measures/machine.ts';
import type { EngineRate } from './engine/engine.ts';
import type { SuiteOptions } from './scenarios/options.ts';
import type { ScenarioResult } from './scenarios/run-scenario.ts';
import { highestRate } from './scenarios/search.ts';
import type { MemorySample } from './server/stand.ts';

/** The results of a run of the suite, which are saved as JSON and as a page. */
export interface SuiteReport {
  readonly options: SuiteOptions;
  readonly machine: Machine;
  readonly model: string;
  readonly replicas: string;
  /** Undefined if we did not start the server, or if it does not run on the CPU. */
  readonly engine: EngineRate | undefined;
  /** Requests of the usual mix per second. */
  readonly capacity: number;
  readonly scenarios: readonly ScenarioResult[];
  readonly memory: readonly MemorySample[];
}

/** A claim about the server, and whether it is true in this run. */
export interface Aim {
  readonly what: string;
  readonly found: string;
  readonly holds: boolean;
}

export function judge(report: SuiteReport): readonly Aim[] {
  const { engine, scenarios, options } = report;
  const of = (name: string) => scenarios.find((scenario) => scenario.name === name);
  const saturated = of('saturation');
  const overload = of('overload');
  const aims: Aim[] = [];
  if (engine !== undefined && saturated !== undefined) {
    const share = saturated.summary.candidatesPerSecond / engine.candidatesPerSecond;
    aims.push({
      what: 'throughput at saturation at least 95 % of the bare engine',
      found: `${(100 * share).toFixed(1)} %`,
      holds: share >= 0.95,
    });
  }
  if (saturated !== undefined && overload !== undefined) {
    const share = overload.summary.candidatesPerSecond / saturated.summary.candidatesPerSecond;
    const p99 = overload.summary.latencyMs?.p99;
    const { first, last } = overload.memoryMb;
    aims.push(
      {
        what: 'goodput at 10 times capacity at least 90 % of the peak',
        found: `${(100 * share).toFixed(1)} %`,
        holds: share >= 0.9,
      },
      {
        what: 'p99 of answered requests within the deadline',
        found: `${p99?.toFixed(0) ?? 'none answered'} of ${options.deadlineMs} ms`,
        holds: p99 !== undefined && p99 <= options.deadlineMs,
      },
      {
        what: 'memory in the last quarter at most a tenth above the first',
        found: `${first.toFixed(0)} MB, then ${last.toFixed(0)} MB`,
        holds: last <= 1.1 * first,
      },
    );
  }
  return [...aims, accountsAim(scenarios)];
}

function accountsAim(scenarios: readonly ScenarioResult[]): Aim {
  const sent = scenarios.reduce((sum, { account }) => sum + account.sent, 0);
  const problems = scenarios.flatMap(({ name, account }) =>
    account.problems.map((problem) => `${name}: ${problem}`),
  );
  return {
    what: 'every request accounted for, none failed',
    found: problems.length === 0 ? `${sent} requests` : problems.join('; '),
    holds: problems.length === 0,
  };
}

/** The numbers that a baseline keeps, by name. */
export function keyNumbers(report: SuiteReport): Readonly<Record<string, number>> {
  const { engine, capacity, scenarios, options } = report;
  const highest = highestRate(scenarios, options.sloMs);
  return {
    ...(engine === undefined ? {} : { 'engine candidates/s': engine.candidatesPerSecond }),
    'capacity requests/s': capacity,
    ...(highest === undefined ? {} : { 'highest requests/s within the objective': highest }),
    ...Object.fromEntries(
      scenarios
        .filter(({ name }) => !name.startsWith('search-'))
        .flatMap(({ name, summary }): [string, number][] => [
          [`${name} candidates/s`, summary.candidatesPerSecond],
          ...(summary.latencyMs === undefined
            ? []
            : ([
                [`${name} p50 ms`, summary.latencyMs.p50],
                [`${name} p99 ms`, summary.latencyMs.p99],
              ] as [string, number][])),
        ]),
    ),
  };
}

export interface Compared {
  readonly name: string;
  readonly before: number;
  readonly now: number;
  readonly ratio: number;
}

/** The numbers that both runs have. */
export function compare(
  before: Readonly<Record<string, number>>,
  now: Readonly<Record<string, number>>,
): readonly Compared[] {
  return Object.entries(now).flatMap(([name, value]) => {
    const was = before[name];
    return was === undefined ? [] : [{ name, before: was, now: value, ratio: value / was }];
  });
}
