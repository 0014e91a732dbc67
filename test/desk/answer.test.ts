import { expect, test } from '@jest/globals';
import pino from 'pino';
import { PendingAnswer } from '../../src/desk/answer.ts';
import type { ServingEvent } from '../../src/domain/events.ts';
import { FakeClock } from '../support/fakes/clock.ts';

/** A call with one second: its work has 950 ms, and after 975 ms the call fails. */
function open() {
  const clock = new FakeClock();
  const events: ServingEvent[] = [];
  const delivered: boolean[] = [];
  const pending = new PendingAnswer<never>(
    {
      method: 'Rank',
      requestId: 'r-1',
      caller: { client: 'c', traceparent: undefined },
      timeLeftMs: Infinity,
      deliver: ({ ok }) => delivered.push(ok),
    },
    {
      clock,
      maxCallMs: 1000,
      log: pino({ enabled: false }),
      describeEnd: () => 'OK',
      tell: (event) => events.push(event),
    },
  );
  let isStopped = false;
  pending.run(({ signal }) => {
    signal.addEventListener('abort', () => {
      isStopped = true;
    });
    return new Promise<never>(() => undefined);
  });
  const outcomes = () => events.map((event) => (event.kind === 'ended' ? event.outcome : event));
  return { clock, pending, delivered, outcomes, isStopped: () => isStopped };
}

test.each([
  { ms: 949, outcome: 'cancelled' },
  { ms: 950, outcome: 'expired' },
])('a client that disconnects after $ms of 1000 ms counts as $outcome', async ({ ms, outcome }) => {
  const call = open();
  await call.clock.advance(ms);
  call.pending.abandon();
  expect(call.outcomes()).toEqual([outcome]);
  expect(call.delivered).toEqual([]);
  expect(call.isStopped()).toBe(true);
  await call.clock.advance(1000);
  expect(call.outcomes()).toHaveLength(1);
});

test('a client that keeps waiting gets an error in time, and the request counts as expired', async () => {
  const call = open();
  await call.clock.advance(975);
  expect(call.delivered).toEqual([false]);
  call.pending.abandon();
  expect(call.outcomes()).toEqual(['expired']);
  expect(call.isStopped()).toBe(true);
});
