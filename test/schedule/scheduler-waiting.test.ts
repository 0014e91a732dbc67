import { expect, test } from '@jest/globals';
import { setUpScheduler, times } from '../support/fakes/scheduler.ts';

const none = { requests: 0, running: 0, candidates: 0, tokens: 0 };

test('only waiting candidates are counted, and none after the request is cancelled', () => {
  const { scheduler, rank } = setUpScheduler({ tokenBudget: 40 });
  expect(scheduler.waiting).toEqual(none);
  const stop = new AbortController();
  void rank(times(10, 10), { signal: stop.signal });
  const { requests, running, candidates, tokens } = scheduler.waiting;
  expect([requests, running]).toEqual([1, 0]);
  expect(candidates).toBeGreaterThan(0);
  expect(candidates).toBeLessThan(10);
  expect(tokens).toBe(10 * candidates);
  stop.abort();
  expect(scheduler.waiting).toEqual(none);
});

test('spare work is not counted, and is no arrival', async () => {
  const { clock, scheduler, rank } = setUpScheduler({ tokenBudget: 40 });
  void rank([10]);
  await clock.advance(50);
  const stop = new AbortController();
  const spare = { priority: 'deferrable', isSpareWork: true, signal: stop.signal } as const;
  void rank(times(10, 10), spare);
  // The first request still runs.
  expect(scheduler.waiting).toEqual({ ...none, running: 1 });
  expect(scheduler.pace.sinceMs(clock.nowMs())).toBe(50);
  stop.abort();
});

test('a request whose candidates are all with a replica is running, and then is not counted', async () => {
  const { clock, scheduler, rank, runners } = setUpScheduler({ tokenBudget: 40 });
  const answered = rank([10]);
  await clock.advance(50);
  expect(scheduler.waiting).toEqual({ ...none, running: 1 });
  runners[0]?.last.finish({ runMs: 10 });
  await answered;
  expect(scheduler.waiting).toEqual(none);
});
