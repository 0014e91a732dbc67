import { describe, expect, test } from '@jest/globals';
import { parseSoakOptions } from '../../../bench/soak/options.ts';
import { drawKind, kinds, loadFactor } from '../../../bench/soak/plan.ts';
import { afterWarmUp, findTrend, isPlateau, type Sample } from '../../../bench/soak/plateau.ts';
import {
  findProblems,
  formatSoakPage,
  quarterRows,
  type SoakReport,
} from '../../../bench/soak/report.ts';
import { createRandom } from '../../../src/base/random.ts';

const line = (count: number, of: (minute: number) => number): readonly Sample[] =>
  Array.from({ length: count }, (_, minute) => ({ minute, value: of(minute) }));

describe('the trend', () => {
  test('is the slope by least squares, with the means of the four quarters', () => {
    expect(findTrend(line(8, (minute) => 100 + 3 * minute))).toEqual({
      slope: 3,
      quarters: [101.5, 107.5, 113.5, 119.5],
      most: 121,
    });
    // Computed by hand: (0,1), (1,3), (2,2), (3,4), each twice, have the slope 0.8.
    const eight = [1, 1, 3, 3, 2, 2, 4, 4].map((value, i) => ({
      minute: Math.floor(i / 2),
      value,
    }));
    expect(findTrend(eight)?.slope).toBeCloseTo(0.8);
  });

  test('is unknown for fewer than eight samples, and 0 for a single moment', () => {
    expect(findTrend(line(7, () => 1))).toBeUndefined();
    expect(findTrend(Array.from({ length: 8 }, () => ({ minute: 1, value: 2 })))?.slope).toBe(0);
  });

  test('does not include the first fifth of the time', () => {
    expect(afterWarmUp(line(11, () => 0))[0]?.minute).toBe(2);
  });

  test('distinguishes a sawtooth from growth', () => {
    const saw = findTrend(line(80, (minute) => 300 + (minute % 10)));
    const growing = findTrend(line(80, (minute) => 300 + minute));
    expect(saw && isPlateau(saw, 5)).toBe(true);
    expect(growing && isPlateau(growing, 5)).toBe(false);
  });
});

test('every kind of request is drawn, and nearly half are plain rankings', () => {
  const random = createRandom(1);
  const drawn = Array.from({ length: 5000 }, () => drawKind(random));
  expect(new Set(drawn)).toEqual(new Set(kinds));
  expect(drawn.filter((kind) => kind === 'rank').length / 5000).toBeCloseTo(0.48, 1);
});

test('the load factor has a mean of 1 and bursts of 5', () => {
  const factors = Array.from({ length: 20_000 }, (_, atMs) => loadFactor(atMs));
  expect(factors.reduce((a, b) => a + b, 0) / 20_000).toBeCloseTo(1, 1);
  expect(Math.max(...factors)).toBe(5);
});

describe('the verdict', () => {
  const flat = line(40, () => 100);
  const report = (changed: Partial<SoakReport>): SoakReport => ({
    options: parseSoakOptions([]),
    machine: {
      cpu: 'chip',
      cores: 2,
      memoryGb: 1,
      kernel: 'k',
      node: 'v20',
      commit: 'abc',
      date: 'today',
    },
    perSecond: 5,
    account: {
      sent: 1,
      counts: { scored: 1, partial: 0, rejected: 0, expired: 0, cancelled: 0, failed: 0 },
      pairs: [],
      problems: [],
    },
    counted: 1,
    others: [{ kind: 'info', status: 'OK', ms: 2 }],
    resizes: { done: 2, problems: [] },
    samples: { residentMb: flat, heapMb: flat, outsideMb: flat, lagMs: flat, waitMs: flat },
    ...changed,
  });

  test('is a pass if everything is flat and accounted for', () => {
    expect(findProblems(report({}))).toEqual([]);
    const html = formatSoakPage(report({}));
    expect(html).toContain('Passed.');
    expect(html).not.toMatch(/NaN|Infinity|undefined|https?:|src=/);
  });

  test('is printed with the mean of each quarter, as text and on the page', () => {
    const rising = report({}).samples;
    const samples = { ...rising, residentMb: line(50, (minute) => 2 * minute), lagMs: [] };
    const cells = ['resident memory, MB', '29.0', '49.0', '69.0', '89.0', '98.0', '2.000', 'GROWS'];
    const rows = quarterRows(samples);
    expect(rows[1]).toEqual(cells);
    expect(rows[4]?.slice(1)).toEqual([...new Array<string>(6).fill('-'), 'too few samples']);
    const row = cells.map((cell) => `<td>${cell}</td>`).join('');
    expect(formatSoakPage(report({ samples }))).toContain(`<tr>${row}</tr>`);
  });

  test('names growing series, failed calls, and requests not accounted for', () => {
    const problems = findProblems(
      report({
        samples: {
          heapMb: flat,
          outsideMb: flat,
          lagMs: flat,
          waitMs: line(40, (minute) => minute),
          residentMb: line(40, (minute) => 100 + 10 * minute),
        },
        account: { ...report({}).account, problems: ['1 failed: x'] },
        others: [{ kind: 'tokenize', status: 'INTERNAL', ms: 1 }],
        resizes: { done: 0, problems: ['resize to 2: no'] },
      }),
    );
    expect(problems).toEqual([
      'resident memory, MB keeps growing',
      '1 failed: x',
      'resize to 2: no',
      '1 other calls failed, the first: tokenize INTERNAL',
    ]);
  });
});

test('parseSoakOptions limits the minutes', () => {
  expect(() => parseSoakOptions(['--minutes', '721'])).toThrow(/--minutes is '721'.* at most 720/);
  expect(parseSoakOptions([])).toMatchObject({ minutes: 30, model: 'tiny' });
});
