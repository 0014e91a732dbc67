import { describe, expect, test } from '@jest/globals';
import { parseSuiteOptions } from '../../../bench/suite/scenarios/options.ts';
import { formatSuitePage } from '../../../bench/suite/page.ts';
import { compare, judge, keyNumbers, type SuiteReport } from '../../../bench/suite/report.ts';
import type { ScenarioResult } from '../../../bench/suite/scenarios/run-scenario.ts';
import { bisect, highestRate, meets } from '../../../bench/suite/scenarios/search.ts';
import { findPort } from '../../../bench/suite/server/stand.ts';
import { niceAbove } from '../../../src/page/scale.ts';
import { drawChart, linePath } from '../../../src/page/svg.ts';

const none = { scored: 0, partial: 0, rejected: 0, expired: 0, cancelled: 0, failed: 0 };

function scenario(
  name: string,
  { perSecond = 10, p99 = 200, answered = 100, problems = [] as readonly string[] },
): ScenarioResult {
  const counts = { ...none, scored: answered, rejected: 100 - answered };
  return {
    name,
    generator: 'Poisson client',
    note: '<note>',
    counted: undefined,
    clientCores: 0.1,
    runs: {
      busyReplicas: 0.9,
      tokensPerBatch: 900,
      msPerThousandTokens: 40,
      runPerAnswered: 1.02,
      frontEndBusy: 0.1,
    },
    startedAtMs: 0,
    endedAtMs: 1000,
    summary: {
      sent: 100,
      seconds: 10,
      offeredPerSecond: perSecond,
      counts,
      goodputPerSecond: perSecond,
      candidatesPerSecond: 50 * perSecond,
      latencyMs: answered === 0 ? undefined : { p50: p99 / 4, p95: p99 / 2, p99, max: p99 },
      refusedMs: undefined,
      lagMs: { p50: 0, p95: 1, p99: 2, max: 3 },
    },
    account: { sent: 100, counts, pairs: [], problems },
    memoryMb: { first: 300, last: 310, most: 320 },
    points: [
      [0.1, 20],
      [0.5, 40],
    ],
  };
}

function report(scenarios: readonly ScenarioResult[]): SuiteReport {
  return {
    options: parseSuiteOptions([], 2),
    machine: {
      cpu: '<chip>',
      cores: 2,
      memoryGb: 1,
      kernel: 'k',
      node: 'v20',
      commit: 'abc',
      date: 'today',
    },
    model: 'tiny',
    replicas: 'cpu#0',
    capacity: 10,
    engine: {
      replicas: 1,
      batches: 3,
      candidatesPerBatch: 30,
      packedTokensPerBatch: 1000,
      candidatesPerSecond: 520,
    },
    scenarios,
    memory: [
      { atMs: 0, mb: 300 },
      { atMs: 500, mb: 310 },
    ],
  };
}

describe('the aims', () => {
  const holding = [scenario('saturation', {}), scenario('overload', { p99: 900 })];

  test('hold if the server is as fast as the engine, and under overload as at its peak', () => {
    const aims = judge(report(holding));
    expect(aims).toHaveLength(5);
    expect(aims.filter(({ holds }) => !holds)).toEqual([]);
  });

  test.each([
    ['saturation too slow', 0, [scenario('saturation', { perSecond: 9 })]],
    ['goodput falls', 1, [scenario('saturation', {}), scenario('overload', { perSecond: 8 })]],
    ['too late', 2, [scenario('saturation', {}), scenario('overload', { p99: 1001 })]],
  ] as const)('do not hold: %s', (_why, place, scenarios) => {
    expect(judge(report(scenarios))[place]?.holds).toBe(false);
  });

  test('name each request that is not accounted for', () => {
    const aims = judge(report([scenario('steady', { problems: ['1 failed: x (INTERNAL)'] })]));
    expect(aims).toEqual([
      {
        what: expect.stringContaining('accounted for'),
        found: 'steady: 1 failed: x (INTERNAL)',
        holds: false,
      },
    ]);
  });
});

describe('the search', () => {
  test('finds the highest accepted rate by bisection', async () => {
    const tried: number[] = [];
    const found = await bisect({ least: 0, most: 1 }, 10, (value) => {
      tried.push(value);
      return Promise.resolve(value <= 0.7);
    });
    expect(Math.abs(found - 0.7)).toBeLessThan(1 / 1024);
    expect(tried.slice(0, 3)).toEqual([0.5, 0.75, 0.625]);
  });

  test('counts a refused request as a miss of the objective', () => {
    expect(meets(scenario('a', { p99: 500 }), 500)).toBe(true);
    expect(meets(scenario('a', { p99: 501 }), 500)).toBe(false);
    expect(meets(scenario('a', { answered: 98 }), 500)).toBe(false);
    expect(meets(scenario('a', { answered: 0 }), 500)).toBe(false);
  });

  test('gives the highest rate of its own steps that met the objective', () => {
    const probes = [
      scenario('search-0.7', { perSecond: 7 }),
      scenario('search-0.9', { perSecond: 9 }),
      scenario('search-1.0', { perSecond: 10, p99: 900 }),
      scenario('steady', { perSecond: 20 }),
    ];
    expect(highestRate(probes, 500)).toBe(9);
    expect(highestRate([], 500)).toBeUndefined();
  });
});

test('a baseline is compared by name, over the numbers that both runs have', () => {
  const numbers = keyNumbers(report([scenario('steady', {}), scenario('search-0.7', {})]));
  expect(numbers).toEqual({
    'engine candidates/s': 520,
    'capacity requests/s': 10,
    'highest requests/s within the objective': 10,
    'steady candidates/s': 500,
    'steady p50 ms': 50,
    'steady p99 ms': 200,
  });
  expect(compare({ 'steady p99 ms': 100, gone: 1 }, numbers)).toEqual([
    { name: 'steady p99 ms', before: 100, now: 200, ratio: 2 },
  ]);
});

describe('drawing', () => {
  const place = ([x, y]: readonly [number, number]) => [10 * x, 100 - y] as const;

  test('joins finite points and skips the others', () => {
    const points = [
      [0, 0],
      [1, NaN],
      [2, 50],
    ] as const;
    expect(linePath(points, place)).toBe('M0.0 100.0L20.0 50.0');
    expect(linePath([], place)).toBe('');
  });

  test.each([
    [0, 1],
    [NaN, 1],
    [1, 1],
    [1.2, 1.5],
    [7, 8],
    [101, 150],
    [0.03, 0.03],
  ])('ends an axis for %p at %p', (value, most) => expect(niceAbove(value)).toBeCloseTo(most));

  test('gives a valid chart for no points', () => {
    const svg = drawChart({
      title: '<t>',
      x: 'x',
      y: 'y',
      series: [{ name: 'n', colour: 'red', as: 'line', points: [] }],
    });
    expect(svg).toContain('&lt;t&gt;');
    expect(svg).not.toMatch(/NaN|Infinity/);
  });

  test('gives a page that loads nothing from elsewhere and has every scenario', () => {
    const html = formatSuitePage(
      report([scenario('saturation', {}), scenario('overload', { answered: 0 })]),
      [{ name: 'n', before: 1, now: 2, ratio: 2 }],
    );
    expect(html).not.toMatch(/NaN|Infinity|undefined|https?:|src=|@import/);
    expect(html).toContain('&lt;note&gt;');
    expect(html.match(/<svg/g)).toHaveLength(6);
    expect(html).toContain('<td>2.000</td>');
  });
});

test('addresses are found by name in the line that says the server is ready', () => {
  const line = '{"level":30,"address":"a:1","metrics":"127.0.0.1:5","admin":"127.0.0.1:6"}';
  expect([findPort(line, 'metrics'), findPort(line, 'admin'), findPort('', 'admin')]).toEqual([
    '127.0.0.1:5',
    '127.0.0.1:6',
    undefined,
  ]);
});

test.each([
  [['--seconds', '0'], /--seconds is '0'; it must be a number above 0/],
  [['--scenarios', 'steady,rush'], /--scenarios has 'rush'; the scenarios are steady, step/],
  [['--rps', '1'], /--rps/],
])('parseSuiteOptions refuses %j', (args, message) => {
  expect(() => parseSuiteOptions(args)).toThrow(message);
});

test('one core is left to the client by default', () => {
  expect(parseSuiteOptions([], 8).devices).toBe('cpu:7');
  expect(parseSuiteOptions([], 1).devices).toBe('cpu:1');
});
