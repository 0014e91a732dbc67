import { expect, test } from '@jest/globals';
import { createRandom } from '../../../src/base/random.ts';
import {
  burstCurve,
  dayCurve,
  multiply,
  type RateCurve,
  steady,
} from '../../../src/simulate/traffic/rate.ts';
import { drawArrivals, parseShape } from '../../../src/simulate/traffic/traffic-streams.ts';

function sample(curve: RateCurve, lengthMs: number): readonly number[] {
  return Array.from({ length: 10_000 }, (_, i) => curve.at((i * lengthMs) / 10_000));
}

const mean = (list: readonly number[]) => list.reduce((sum, one) => sum + one, 0) / list.length;

test('a day has a mean of 1, its trough at 4 o clock and its peak at 14', () => {
  const day = dayCurve(86_400_000);
  const rates = sample(day, 86_400_000);
  expect(mean(rates)).toBeCloseTo(1, 6);
  expect(day.at(4 * 3_600_000)).toBeCloseTo(Math.min(...rates), 2);
  expect(day.at(14 * 3_600_000)).toBeCloseTo(day.most, 2);
  expect(day.most / Math.min(...rates)).toBeCloseTo(3, 0);
  expect(dayCurve(2_400).at(1_400)).toBeCloseTo(day.most, 2);
});

test('bursts have two rates, a mean near 1, and fill a fifth of the time', () => {
  const rates = sample(burstCurve(createRandom(3), 2_000_000, 4), 2_000_000);
  const calm = Math.min(...rates);
  expect(new Set(rates.map((rate) => (rate / calm).toFixed(6)))).toEqual(
    new Set(['1.000000', '4.000000']),
  );
  expect(mean(rates)).toBeCloseTo(1, 1);
  expect(rates.filter((rate) => rate > calm).length / rates.length).toBeCloseTo(0.2, 1);
});

test('curves multiply', () => {
  const both = multiply(dayCurve(1_000), multiply(steady, dayCurve(1_000)));
  expect(both.at(300)).toBeCloseTo(dayCurve(1_000).at(300) ** 2, 9);
  expect(both.most).toBeCloseTo(dayCurve(1_000).most ** 2, 9);
});

test('arrivals follow the curve and keep the mean rate', () => {
  const stream = {
    client: 'a',
    class: 'interactive',
    requestsPerSecond: 200,
    shapes: [parseShape('10+2x5')],
    deadlineMs: undefined,
  } as const;
  const arrivals = drawArrivals([stream], 60, createRandom(5), dayCurve(60_000));
  expect(arrivals.length / 12_000).toBeCloseTo(1, 1);
  const between = (from: number, to: number) =>
    arrivals.filter(({ atMs }) => atMs >= from && atMs < to).length / ((to - from) / 5);
  expect(between(7_500, 12_500)).toBeCloseTo(0.48, 1);
  expect(between(32_500, 37_500)).toBeCloseTo(1.38, 1);
});
