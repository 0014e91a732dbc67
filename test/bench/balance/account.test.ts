import { describe, expect, test } from '@jest/globals';
import { account, kindOf, timeline } from '../../../bench/balance/report/account.ts';

const end = (dueAtMs: number, status: string, message = 0) => ({
  dueAtMs,
  sentAtMs: dueAtMs + 1,
  endedAtMs: dueAtMs + 100,
  status,
  server: '',
  message,
});
const candidates = [10, 20];
const ends = [
  end(100, 'OK', 1),
  end(1100, 'OK'),
  end(1200, 'DEADLINE_EXCEEDED'),
  end(1300, 'RESOURCE_EXHAUSTED'),
  end(1400, 'UNAVAILABLE'),
  end(1500, 'UNAVAILABLE'),
  end(2000, 'OK'),
];

describe('account', () => {
  test('counts every call of the stretch once, by how it ended', () => {
    const found = account(ends, candidates, { fromMs: 1000, toMs: 2000 });
    expect(found).toMatchObject({
      calls: 5,
      ends: { ok: 1, late: 1, refused: 1, failed: 2 },
      failures: { UNAVAILABLE: 2 },
      goodput: 10,
      latencyMs: { p50: 100 },
      lagMs: { p99: 1 },
    });
  });

  test('goodput is per second of all runs', () => {
    const found = account(ends, candidates, { fromMs: 0, toMs: 2000, runs: 2 });
    expect([found.seconds, found.goodput]).toEqual([4, 30 / 4]);
  });

  test('a stretch without good calls has no latency', () => {
    const found = account(ends, candidates, { fromMs: 1200, toMs: 1300 });
    expect([found.calls, found.latencyMs]).toEqual([1, undefined]);
  });
});

test.each([
  ['OK', 'ok'],
  ['DEADLINE_EXCEEDED', 'late'],
  ['RESOURCE_EXHAUSTED', 'refused'],
  ['UNAVAILABLE', 'failed'],
  ['INTERNAL', 'failed'],
])('%s is %s', (status, kind) => {
  expect(kindOf({ status })).toBe(kind);
});

test('the timeline has the candidates of good calls by second', () => {
  expect(timeline(ends, candidates, 3)).toEqual([20, 10, 10]);
});
