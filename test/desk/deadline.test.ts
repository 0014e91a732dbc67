import { expect, test } from '@jest/globals';
import { callTimes } from '../../src/desk/deadline.ts';
import { FakeClock } from '../support/fakes/clock.ts';

const bounds = { clock: new FakeClock(5000), maxCallMs: 10_000 };

test.each([
  { limit: 'none', timeLeftMs: Infinity },
  { limit: 'a far one', timeLeftMs: 1e12 },
])('with $limit of its own a call gets the longest allowed time', ({ timeLeftMs }) => {
  expect(callTimes(timeLeftMs, bounds)).toEqual({
    startedAtMs: 5000,
    deadlineAtMs: 14_950,
    giveUpAtMs: 14_975,
    isCapped: true,
  });
});

test('a tenth of a short time is reserved for the reply', () => {
  expect(callTimes(100, bounds)).toEqual({
    startedAtMs: 5000,
    deadlineAtMs: 5090,
    giveUpAtMs: 5095,
    isCapped: false,
  });
});

test('a deadline that has passed is in the past on our clock too', () => {
  expect(callTimes(-1000, bounds)).toMatchObject({ deadlineAtMs: 4000, giveUpAtMs: 4000 });
});
