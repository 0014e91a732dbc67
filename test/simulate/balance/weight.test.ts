import { expect, test } from '@jest/globals';
import {
  defaultWeightRules as rules,
  hear,
  type HeardWeight,
  weightAt,
} from '../../../src/simulate/balance/weight.ts';

const heard: HeardWeight = { weight: 10, sinceAtMs: 1_000, heardAtMs: 5_000 };

// The formula of gRFC A58: qps / (utilization + eps / qps * penalty).
test.each([
  ['busy at a half', [0.5, 20, 0], 40],
  ['errors count as utilization', [0.5, 20, 10], 20],
  ['overloaded', [1.25, 20, 0], 16],
  ['errors of every request', [1, 20, 20], 10],
] as const)('%s', (_name, [utilization, requestsPerSecond, errorsPerSecond], weight) => {
  const load = { utilization, requestsPerSecond, errorsPerSecond };
  expect(hear(undefined, load, rules, 7_000)).toEqual({
    weight,
    sinceAtMs: 7_000,
    heardAtMs: 7_000,
  });
  expect(hear(heard, load, rules, 7_000)).toEqual({ weight, sinceAtMs: 1_000, heardAtMs: 7_000 });
});

test.each([
  [0, 20],
  [0.5, 0],
])('a report of utilization %d and %d requests/s changes nothing', (utilization, requests) => {
  const load = { utilization, requestsPerSecond: requests, errorsPerSecond: 3 };
  expect(hear(heard, load, rules, 9_000)).toBe(heard);
  expect(hear(undefined, load, rules, 9_000)).toBeUndefined();
});

test('a weight counts from the end of the blackout until it expires, and then begins anew', () => {
  const at = (nowMs: number) => weightAt(heard, rules, nowMs);
  expect([1_999, 2_000, 184_999, 185_000].map(at)).toEqual([0, 10, 10, 0]);
  expect(weightAt(undefined, rules, 0)).toBe(0);
  const load = { utilization: 0.5, requestsPerSecond: 4, errorsPerSecond: 0 };
  expect(hear(heard, load, rules, 185_000)?.sinceAtMs).toBe(185_000);
});
