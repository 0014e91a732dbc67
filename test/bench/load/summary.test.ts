import { describe, expect, test } from '@jest/globals';
import { quantiles, summarize } from '../../../bench/load/summary.ts';

const ok = (startedAtMs: number, ms: number) => ({
  startedAtMs,
  endedAtMs: startedAtMs + ms,
  status: 'OK',
});

describe('the summary of a load run', () => {
  test('has quantiles by nearest rank', () => {
    const hundred = Array.from({ length: 100 }, (_, i) => 100 - i);
    expect(quantiles(hundred)).toEqual({ p50: 50, p95: 95, p99: 99, max: 100 });
    expect(quantiles([7])).toEqual({ p50: 7, p95: 7, p99: 7, max: 7 });
  });

  test('has rates of answers and candidates, statuses, latencies, and how late ghz sent', () => {
    // At two a second requests are due at 0, 500, 1000 and 1500 ms, so the third is 100 ms late.
    const calls = [
      ok(0, 200),
      { startedAtMs: 500, endedAtMs: 2500, status: 'DeadlineExceeded' },
      ok(1100, 400),
      { startedAtMs: 1500, endedAtMs: 1501, status: 'ResourceExhausted' },
    ];
    expect(summarize(calls, { rps: 2, candidates: 10 })).toEqual({
      requests: 4,
      seconds: 2.5,
      statuses: { DeadlineExceeded: 1, OK: 2, ResourceExhausted: 1 },
      goodput: 0.8,
      candidatesPerSecond: 8,
      latencyMs: { p50: 200, p95: 400, p99: 400, max: 400 },
      sendLagMs: { p50: 0, p95: 100, p99: 100, max: 100 },
    });
  });

  test('has no latency if no request was answered', () => {
    const calls = [{ startedAtMs: 0, endedAtMs: 10, status: 'Unavailable' }];
    expect(summarize(calls, { rps: 1, candidates: 1 })).not.toHaveProperty('latencyMs');
  });
});
