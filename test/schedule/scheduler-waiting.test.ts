import { expect, test } from '@jest/globals';
import { setUpScheduler, times } from '../support/fakes/scheduler.ts';

test('only waiting candidates are counted, and none after the request is cancelled', () => {
  const { scheduler, rank } = setUpScheduler({ tokenBudget: 40 });
  expect(scheduler.waiting).toEqual({ candidates: 0, tokens: 0 });
  const stop = new AbortController();
  void rank(times(10, 10), { signal: stop.signal });
  const { candidates, tokens } = scheduler.waiting;
  expect(candidates).toBeGreaterThan(0);
  expect(candidates).toBeLessThan(10);
  expect(tokens).toBe(10 * candidates);
  stop.abort();
  expect(scheduler.waiting).toEqual({ candidates: 0, tokens: 0 });
});

test('spare work is not counted, and is no arrival', async () => {
  const { clock, scheduler, rank } = setUpScheduler({ tokenBudget: 40 });
  void rank([10]);
  await clock.advance(50);
  const stop = new AbortController();
  const spare = { priority: 'deferrable', isSpareWork: true, signal: stop.signal } as const;
  void rank(times(10, 10), spare);
  expect(scheduler.waiting).toEqual({ candidates: 0, tokens: 0 });
  expect(scheduler.pace.sinceMs(clock.nowMs())).toBe(50);
  stop.abort();
});
