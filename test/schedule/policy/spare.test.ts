import { expect, test } from '@jest/globals';
import { hasSpareTime } from '../../../src/schedule/policy/spare.ts';

const idle = {
  admittedCandidates: 0,
  sinceArrivalMs: Number.POSITIVE_INFINITY,
  meanGapMs: Number.POSITIVE_INFINITY,
};

test('a server that has seen no request has spare time', () => {
  expect(hasSpareTime(idle)).toBe(true);
});

test('a request that waits or runs leaves none', () => {
  expect(hasSpareTime({ ...idle, admittedCandidates: 1 })).toBe(false);
});

test.each([
  { meanGapMs: 20, sinceArrivalMs: 59, expected: false },
  { meanGapMs: 20, sinceArrivalMs: 60, expected: true },
  { meanGapMs: 1000, sinceArrivalMs: 249, expected: false },
  { meanGapMs: 1000, sinceArrivalMs: 250, expected: true },
  { meanGapMs: Number.POSITIVE_INFINITY, sinceArrivalMs: 100, expected: false },
])('with a request every $meanGapMs ms, $sinceArrivalMs ms after one: $expected', (given) => {
  expect(hasSpareTime({ ...idle, ...given })).toBe(given.expected);
});
