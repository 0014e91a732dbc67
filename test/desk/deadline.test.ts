import { expect, test } from '@jest/globals';
import { timesOf } from '../../src/desk/deadline.ts';
import { FakeClock } from '../support/fakes/clock.ts';

const parts = { clock: new FakeClock(5000), maxCallMs: 10_000 };

test('without a deadline the longest allowed time counts, less what the reply needs', () => {
  expect(timesOf(Infinity, parts)).toEqual({
    ...{ startMs: 5000, deadlineMs: 14_950, giveUpMs: 14_975, isCapped: true },
  });
});

test('a far deadline is brought in, as a date or a number', () => {
  const far = Date.now() + 1e12;
  expect(timesOf(far, parts).deadlineMs).toBe(14_950);
  expect(timesOf(new Date(far), parts).deadlineMs).toBe(14_950);
});

test('a short deadline keeps a tenth for the reply', () => {
  const { deadlineMs, giveUpMs, isCapped } = timesOf(Date.now() + 100, parts);
  expect(isCapped).toBe(false);
  expect(deadlineMs).toBeLessThanOrEqual(5090);
  expect(deadlineMs).toBeGreaterThan(5000);
  expect(giveUpMs).toBeGreaterThan(deadlineMs);
  expect(giveUpMs).toBeLessThan(5100);
});

test('a deadline that has passed lies in the past on our clock too', () => {
  expect(timesOf(Date.now() - 1000, parts).giveUpMs).toBeLessThanOrEqual(4000);
});

test("a request's own time counts when it ends earlier, and only then", () => {
  const own = { ...parts, timeoutMs: 400 };
  expect(timesOf(Infinity, own)).toEqual({
    ...{ startMs: 5000, deadlineMs: 5360, giveUpMs: 5380, isCapped: false },
  });
  expect(timesOf(Date.now() + 100, own).giveUpMs).toBeLessThan(5100);
  expect(timesOf(Infinity, { ...parts, timeoutMs: 20_000 }).deadlineMs).toBe(14_950);
});
