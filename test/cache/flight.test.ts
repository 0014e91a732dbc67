import { describe, expect, test } from '@jest/globals';
import { canFollow, Flight } from '../../src/cache/flight.ts';

describe('a request waits for a run', () => {
  const own = { deadlineAtMs: 1_100, priority: 'interactive' } as const;

  test.each([
    ['with its own deadline and class', { deadlineAtMs: 1_100, priority: 'interactive' }, true],
    ['with up to twice its remaining time', { deadlineAtMs: 1_200, priority: 'interactive' }, true],
    ['with more than that', { deadlineAtMs: 1_201, priority: 'interactive' }, false],
    ['of a less urgent class', { deadlineAtMs: 1_100, priority: 'deferrable' }, false],
  ] as const)('%s: %j, %s', (_, urgency, expected) => {
    expect(canFollow(new Flight(urgency), own, 1_000)).toBe(expected);
  });

  test('of a more urgent class', () => {
    const deferrable = { deadlineAtMs: 1_100, priority: 'deferrable' } as const;
    expect(canFollow(new Flight(own), deferrable, 1_000)).toBe(true);
  });

  test('but not when every other request has left it', () => {
    const flight = new Flight(own);
    flight.leave();
    expect(canFollow(flight, own, 1_000)).toBe(false);
  });
});

test('a run is stopped when the last request leaves it, even the one that started it', () => {
  const flight = new Flight({ deadlineAtMs: 1_000, priority: 'interactive' });
  flight.join();
  flight.leave();
  expect(flight.signal.aborted).toBe(false);
  flight.leave();
  expect(flight.signal.aborted).toBe(true);
});
