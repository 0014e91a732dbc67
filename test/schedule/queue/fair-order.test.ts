import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { at } from '../../../src/base/at.ts';
import {
  ActiveClients,
  computeDueAtMs,
  computeFairDueAtMs,
  reorderByDeadline,
} from '../../../src/schedule/queue/fair-order.ts';
import { adaptLinger, ArrivalPace } from '../../../src/schedule/policy/linger.ts';

const turn = (client: string, dueAtMs: number, waitingTokens: number, fairDueAtMs = dueAtMs) => ({
  client,
  dueAtMs,
  waitingTokens,
  fairDueAtMs,
});
const tenTokensAMs = (tokens: number) => tokens / 10;

describe('due without other clients', () => {
  const table: readonly [string, number, number][] = [
    ['at its deadline', 1_200, 1_200],
    ['when it has aged, with a far deadline', 9_000, 1_500],
    ['or with none', Number.POSITIVE_INFINITY, 1_500],
  ];
  test.each(table)('%s', (_name, deadlineAtMs, dueAtMs) => {
    expect(computeDueAtMs(1_000, deadlineAtMs, 500)).toBe(dueAtMs);
  });
});

describe('due among other clients', () => {
  const own = { client: 'a', dueAtMs: 100 };

  test('a client with nothing waiting is not delayed', () => {
    expect(computeFairDueAtMs(own, [turn('b', 50, 9_000)], 2, tenTokensAMs)).toBe(100);
    expect(computeFairDueAtMs(own, [turn('a', 50, 0)], 1, tenTokensAMs)).toBe(100);
  });

  test('a client with waiting work is delayed by the time that the work takes at its share', () => {
    const waiting = [turn('a', 50, 300), turn('b', 50, 9_000), turn('a', 400, 200)];
    expect(computeFairDueAtMs(own, waiting, 4, tenTokensAMs)).toBe(100 + 4 * 50);
    expect(computeFairDueAtMs(own, waiting, 1, tenTokensAMs)).toBe(100 + 2 * 50);
  });

  test('the positions of a client are given to its earliest deadlines', () => {
    const anyTurns = fc.array(
      fc.record({
        dueAtMs: fc.integer({ min: 0, max: 50 }),
        fairDueAtMs: fc.integer({ min: 0, max: 50 }),
      }),
    );
    fc.assert(
      fc.property(anyTurns, (given) => {
        const turns = given.map((one) => ({ client: 'a', waitingTokens: 1, ...one }));
        const changed = reorderByDeadline(turns);
        const places = turns.map((one) => changed.get(one) ?? one.fairDueAtMs);
        const sorted = (values: readonly number[]) => values.toSorted((a, b) => a - b);
        expect(sorted(places)).toEqual(sorted(turns.map(({ fairDueAtMs }) => fairDueAtMs)));
        turns.forEach((a, i) =>
          turns.forEach((b, j) => {
            expect(a.dueAtMs >= b.dueAtMs || at(places, i) <= at(places, j)).toBe(true);
          }),
        );
      }),
    );
  });
});

describe('active clients', () => {
  test('are those that sent something lately, and the one that asks', () => {
    const clients = new ActiveClients(100);
    clients.see('a', 0);
    clients.see('b', 50);
    clients.see('a', 120);
    expect([clients.count('a', 120), clients.count('c', 120)]).toEqual([2, 3]);
    clients.see('a', 151);
    expect(clients.count('a', 151)).toBe(1);
    // Nobody has sent anything since, and all are forgotten.
    expect(clients.count('c', 1_000)).toBe(1);
  });

  test('are never more than a thousand', () => {
    const clients = new ActiveClients(1e9);
    for (let i = 0; i < 5_000; i += 1) {
      clients.see(`client ${i}`, i);
    }
    expect(clients.count('client 4999', 5_000)).toBe(1_000);
  });
});

describe('linger', () => {
  test('is 0 if no arrival is expected in time, and longest if many are', () => {
    expect(adaptLinger(4, Number.POSITIVE_INFINITY)).toBe(0);
    expect(adaptLinger(4, 4)).toBe(0);
    expect(adaptLinger(4, 1)).toBe(3);
    expect(adaptLinger(4, 0)).toBe(4);
    expect(adaptLinger(0, 0)).toBe(0);
  });

  test('the gap between arrivals is learnt, and includes the time since the last one', () => {
    const pace = new ArrivalPace();
    expect(pace.gapMs(0)).toBe(Number.POSITIVE_INFINITY);
    pace.arrive(10);
    expect(pace.gapMs(10)).toBe(Number.POSITIVE_INFINITY);
    for (let i = 1; i <= 50; i += 1) {
      pace.arrive(10 + 2 * i);
    }
    expect(pace.gapMs(110)).toBeCloseTo(2);
    expect(pace.gapMs(150)).toBe(40);
  });
});
