import { describe, expect, test } from '@jest/globals';
import { reconcile } from '../../../../bench/suite/account/reconcile.ts';
import { outcomeOf, type Sent, summarizeEnds } from '../../../../bench/suite/account/ends.ts';
import { parseGhz } from '../../../../bench/suite/scenarios/ghz.ts';
import { ratesBetween } from '../../../../bench/suite/scenarios/run-scenario.ts';
import {
  EndedLines,
  readCounters,
  readRuns,
  readSample,
  subtract,
} from '../../../../bench/suite/server/server-record.ts';

function sent(id: string, status: string, changed: Partial<Sent> = {}): Sent {
  return {
    id,
    method: 'Rank',
    dueAtMs: 0,
    sentAtMs: 1,
    endedAtMs: 101,
    status,
    ends: 1,
    outcome: outcomeOf(status, true),
    deadlineMs: undefined,
    candidates: 10,
    scored: status === 'OK' ? 10 : 0,
    ...changed,
  };
}

const server = (...ends: [string, string][]) => new Map(ends.map(([id, status]) => [id, [status]]));

describe('the account of a scenario', () => {
  test('has no problem if client and server agree on each id', () => {
    const ends = [
      sent('a', 'OK'),
      sent('b', 'OK', { outcome: 'partial' }),
      sent('c', 'RESOURCE_EXHAUSTED'),
      sent('d', 'DEADLINE_EXCEEDED'),
    ];
    const account = reconcile(
      ends,
      server(['a', 'OK'], ['b', 'OK'], ['c', 'RESOURCE_EXHAUSTED'], ['d', 'DEADLINE_EXCEEDED']),
    );
    expect(account.problems).toEqual([]);
    expect(account.counts).toEqual({
      scored: 1,
      partial: 1,
      rejected: 1,
      expired: 1,
      cancelled: 0,
      failed: 0,
    });
    expect(Object.values(account.counts).reduce((a, b) => a + b)).toBe(account.sent);
    expect(account.pairs.map(({ client, server: logged }) => `${client} ${logged}`)).toEqual([
      'scored scored',
      'partial partial',
      'rejected rejected',
      'expired expired',
    ]);
  });

  test('allows another outcome at the server only if the client stopped waiting', () => {
    const ends = [
      sent('gone', 'CANCELLED'),
      sent('late', 'DEADLINE_EXCEEDED'),
      sent('never', 'CANCELLED'),
    ];
    const account = reconcile(ends, server(['gone', 'OK'], ['late', 'CANCELLED']));
    expect(account.problems).toEqual([]);
    expect(account.pairs).toContainEqual({ client: 'cancelled', server: 'unseen', count: 1 });
  });

  test.each([
    ['an answer missing in the log', [sent('x', 'OK')], server(), /differently.*x \(OK\)/],
    [
      'an answer that the server logs as expired',
      [sent('x', 'OK')],
      server(['x', 'DEADLINE_EXCEEDED']),
      /differently/,
    ],
    [
      'a request that ended twice',
      [sent('x', 'OK', { ends: 2 })],
      server(['x', 'OK']),
      /1 did not end exactly once/,
    ],
    [
      'a request that never ended',
      [sent('x', 'OK', { ends: 0 })],
      server(['x', 'OK']),
      /did not end exactly once/,
    ],
    [
      'two ends at the server',
      [sent('x', 'OK')],
      new Map([['x', ['OK', 'OK']]]),
      /more than once at the server/,
    ],
    [
      'two requests with the same id',
      [sent('x', 'OK'), sent('x', 'OK')],
      server(['x', 'OK']),
      /1 sent twice/,
    ],
    ['a failure', [sent('x', 'INTERNAL')], server(['x', 'INTERNAL']), /1 failed: x \(INTERNAL\)/],
  ] as const)('finds %s', (_what, ends, logged, problem) => {
    expect(reconcile(ends, logged).problems.join()).toMatch(problem);
  });

  test("counts the client's outcomes without the server's log", () => {
    const account = reconcile([sent('a', 'OK')], undefined);
    expect(account).toMatchObject({ sent: 1, counts: { scored: 1 }, pairs: [], problems: [] });
  });
});

describe('the summary', () => {
  test('counts latency from the schedule, goodput within the deadline, and the lag', () => {
    const ends = [
      sent('a', 'OK', { dueAtMs: 0, sentAtMs: 50, endedAtMs: 100 }),
      sent('b', 'OK', { dueAtMs: 1000, sentAtMs: 1000, endedAtMs: 2500 }),
      sent('c', 'RESOURCE_EXHAUSTED', { dueAtMs: 1500, sentAtMs: 1500, endedAtMs: 1503 }),
    ];
    expect(summarizeEnds(ends, { seconds: 2, deadlineMs: 1000 })).toMatchObject({
      sent: 3,
      // The last answer came after 2.5 s.
      seconds: 2.5,
      offeredPerSecond: 1.5,
      goodputPerSecond: 0.4,
      candidatesPerSecond: 4,
      latencyMs: { p50: 100, max: 1500 },
      refusedMs: { p50: 3 },
      lagMs: { max: 50 },
    });
  });
});

test('the deadline of a request has precedence over that of the scenario', () => {
  const took = (ms: number, deadlineMs: number | undefined) =>
    sent(`${ms}`, 'OK', { endedAtMs: ms, deadlineMs });
  const ends = [took(300, 200), took(301, 400), took(302, undefined), took(99_000, 100_000)];
  const { goodputPerSecond } = summarizeEnds(ends, { seconds: 100, deadlineMs: Infinity });
  expect(goodputPerSecond).toBeCloseTo(0.03);
  const strict = summarizeEnds(ends, { seconds: 100, deadlineMs: 100 });
  expect(strict.goodputPerSecond).toBeCloseTo(0.02);
});

test('the rates of the replicas are busy time, batch size, speed, and wasted work', () => {
  const before = {
    busySeconds: 1,
    batches: 10,
    packedTokens: 9_000,
    candidates: 400,
    loopSeconds: 1,
  };
  const after = {
    busySeconds: 3,
    batches: 14,
    packedTokens: 13_000,
    candidates: 430,
    loopSeconds: 2,
  };
  const ends = [sent('a', 'OK'), sent('b', 'OK'), sent('c', 'DEADLINE_EXCEEDED')];
  expect(ratesBetween(before, after, { spanMs: 4_000, ends })).toEqual({
    busyReplicas: 0.5,
    tokensPerBatch: 1000,
    msPerThousandTokens: 500,
    runPerAnswered: 1.5,
    frontEndBusy: 0.25,
  });
  expect(ratesBetween(before, before, { spanMs: 4_000, ends })).toBeUndefined();
  expect(ratesBetween(undefined, after, { spanMs: 4_000, ends })).toBeUndefined();
});

describe("the server's own record", () => {
  test('is read from its debug lines by request id', () => {
    const lines = new EndedLines();
    const line = (method: string, requestId: string, status: string) =>
      JSON.stringify({ level: 20, method, requestId, status, ms: 1, msg: 'request ended' });
    [
      'slmrank ready on 127.0.0.1:1: tiny',
      line('Rank', 'a', 'OK'),
      line('RankStream', 'b', 'RESOURCE_EXHAUSTED'),
      line('RankStream', 'b', 'OK'),
      line('GetInfo', 'c', 'OK'),
      '{"level":30,"msg":"ready"}',
    ].forEach(lines.read);
    expect([...lines.ends]).toEqual([
      ['a', ['OK']],
      ['b', ['RESOURCE_EXHAUSTED', 'OK']],
    ]);
    lines.clear();
    expect(lines.ends.size).toBe(0);
  });

  const exposition = [
    '# TYPE slmrank_requests_total counter',
    'slmrank_requests_total{method="Rank",priority="interactive",outcome="scored"} 5',
    'slmrank_requests_total{method="RankStream",priority="deferrable",outcome="scored"} 2',
    'slmrank_requests_total{method="Rank",priority="interactive",outcome="expired"} 1',
    'slmrank_replica_busy_seconds_total{replica="cpu#0",bucket="32"} 1.5',
    'slmrank_replica_busy_seconds_total{replica="cpu#1",bucket="32"} 2',
    'slmrank_batches_total{replica="cpu#0",bucket="32"} 4',
    'slmrank_batch_packed_tokens_total{replica="cpu#0",bucket="32"} 3500',
    'slmrank_batch_candidates_total{replica="cpu#0",bucket="32"} 120',
    'slmrank_event_loop_active_seconds_total 0.5',
    'slmrank_event_loop_lag_seconds_sum 0.25',
    '',
  ].join('\n');

  test('is read from its counters, summed over methods and classes', () => {
    const counts = readCounters(exposition);
    expect(counts).toMatchObject({ scored: 7, expired: 1, failed: 0 });
    const zeros = { scored: 4, partial: 0, rejected: 0, expired: 0, cancelled: 0, failed: 0 };
    expect(counts && subtract(counts, zeros)).toMatchObject({ scored: 3, expired: 1 });
    expect(readRuns(exposition)).toEqual({
      busySeconds: 3.5,
      batches: 4,
      packedTokens: 3500,
      candidates: 120,
      loopSeconds: 0.5,
    });
    expect(readSample(exposition, 'slmrank_event_loop_lag_seconds_sum')).toBe(0.25);
  });

  test('is undefined if the server has no counters', () => {
    expect(readCounters('')).toBeUndefined();
    expect(readRuns('')).toBeUndefined();
    expect(readSample('', 'x')).toBeUndefined();
  });
});

test("ghz's calls are timed from the first one, and have gRPC's status names", () => {
  const details = [
    { timestamp: '2026-01-01T00:00:01.500Z', latency: 250e6, status: 'OK' },
    { timestamp: '2026-01-01T00:00:02.000Z', latency: 500e6, status: 'DeadlineExceeded' },
    { timestamp: '2026-01-01T00:00:02.000Z', latency: 1e6, status: 'ResourceExhausted' },
    { timestamp: '2026-01-01T00:00:02.000Z', latency: 1e6, status: 'Canceled' },
  ];
  const ends = parseGhz(JSON.stringify({ details }), 50);
  expect(ends.map(({ outcome }) => outcome)).toEqual([
    'scored',
    'expired',
    'rejected',
    'cancelled',
  ]);
  expect(ends[0]).toMatchObject({ sentAtMs: 0, endedAtMs: 250, scored: 50 });
  expect(ends[1]).toMatchObject({ sentAtMs: 250, endedAtMs: 750, scored: 0 });
});
