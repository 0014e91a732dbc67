import { expect, test } from '@jest/globals';
import {
  beginCall,
  type Breaker,
  closedBreaker,
  endCall,
  mayCall,
} from '../../src/valkey/breaker.ts';

/** The breaker after calls that all ended at `nowMs`: '+' is an answer in time, '-' is none. */
function after(breaker: Breaker, calls: string, nowMs = 0): Breaker {
  return Array.from(calls).reduce(
    (before, call) => endCall(beginCall(before), call === '+', nowMs),
    breaker,
  );
}

test.each([
  ['', 'closed'],
  ['----', 'closed'],
  ['-----', 'open'],
  ['+++++-----', 'open'],
  ['++++++-----', 'closed'],
  ['+++++++++++++++---------', 'closed'],
  ['+++++++++++++++----------', 'open'],
  ['-+-+-+-+-', 'open'],
  ['--++++--++++--++++--++++--++++', 'closed'],
])('after the calls %p it is %s', (calls, state) => {
  expect(after(closedBreaker, calls).state).toBe(state);
});

test('an open breaker lets one call through after its pause', () => {
  const open = after(closedBreaker, '-----', 500);
  expect(mayCall(open, 1499)).toBe(false);
  expect(mayCall(open, 1500)).toBe(true);
  const probing = beginCall(open);
  expect(probing.state).toBe('half-open');
  expect(mayCall(probing, 99_999)).toBe(false);
});

test('a good call closes it, a failed one opens it for twice as long, at most 30 s', () => {
  const open = after(closedBreaker, '-----');
  expect(after(open, '+', 1000).state).toBe('closed');
  const pauses = [];
  let breaker = open;
  for (let failure = 0; failure < 7; failure += 1) {
    pauses.push(breaker.untilAtMs);
    breaker = after(breaker, '-', 0);
  }
  expect(pauses).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
});

test('the pauses start anew after a whole window of calls without opening', () => {
  const closed = after(after(closedBreaker, '-----'), '+');
  expect(after(closed, '-----').untilAtMs).toBe(2000);
  expect(after(after(closed, '+'.repeat(20)), '-'.repeat(10)).untilAtMs).toBe(1000);
});

test('the outcome of a call that began before it opened changes nothing', () => {
  const open = after(closedBreaker, '-----');
  expect(endCall(open, true, 10)).toBe(open);
  expect(endCall(open, false, 10)).toBe(open);
});
