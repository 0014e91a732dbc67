import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { findGhz, ghzArguments, readCalls, runGhz } from '../../bench/load/ghz.ts';
import { parseLoadOptions } from '../../bench/load/options.ts';
import { formatPage } from '../../bench/load/page.ts';
import { packMessages, recordRequests } from '../../bench/load/recorded-requests.ts';
import { okLatencies, quantiles, summarize } from '../../bench/load/summary.ts';
import { readDemoData } from '../../src/eval/data/demo-data.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const ok = (startedMs: number, ms: number) => ({
  startedMs,
  endedMs: startedMs + ms,
  status: 'OK',
});

describe('the summary of a load run', () => {
  test('takes quantiles by nearest rank', () => {
    const hundred = Array.from({ length: 100 }, (_, i) => 100 - i);
    expect(quantiles(hundred)).toEqual({ p50: 50, p95: 95, p99: 99, max: 100 });
    expect(quantiles([7])).toEqual({ p50: 7, p95: 7, p99: 7, max: 7 });
  });

  test('counts answers in time, candidates, statuses, and how late requests were sent', () => {
    // Two a second: due at 0, 500, 1000 and 1500 ms; the third is 100 ms late.
    const calls = [
      ok(0, 200),
      { startedMs: 500, endedMs: 2500, status: 'DeadlineExceeded' },
      ok(1100, 400),
      { startedMs: 1500, endedMs: 1501, status: 'ResourceExhausted' },
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

  test('has no latencies when nothing was answered', () => {
    const calls = [{ startedMs: 0, endedMs: 10, status: 'Unavailable' }];
    expect(summarize(calls, { rps: 1, candidates: 1 })).not.toHaveProperty('latencyMs');
  });
});

describe('recorded requests', () => {
  const demo = readDemoData(fileURLToPath(new URL('../../models/demo', import.meta.url)));

  test('are many and different, of the given size, without a candidate twice', async () => {
    const shape = { candidates: 50, maxCandidateTokens: 64 };
    const requests = recordRequests(await demo, shape);
    expect(new Set(requests.map(({ query }) => query)).size).toBe(30);
    for (const { candidates = [], maxCandidateTokens } of requests) {
      expect(new Set(candidates.map(({ id }) => id)).size).toBe(50);
      expect(maxCandidateTokens).toBe(64);
    }
  });

  test('are packed behind their lengths', () => {
    const long = Buffer.alloc(300, 'x');
    expect(packMessages([Buffer.from('ab'), long])).toEqual(
      Buffer.concat([Buffer.from([2, 0x61, 0x62, 0xac, 0x02]), long]),
    );
  });

  test('with a template in them are refused: ghz would run it', () => {
    expect(() => packMessages([Buffer.from('a'), Buffer.from('{{x}}')])).toThrow(/request 1 holds/);
  });
});

describe('ghz', () => {
  test('is told to send on a clock of its own and to await every answer', () => {
    const options = parseLoadOptions(['--rps', '5', '--seconds', '60', '--deadline', '800']);
    const args = ghzArguments(options, { requests: 'r', output: 'o' }, 'host:1');
    expect(args).toEqual(
      expect.arrayContaining(['--async', '--rps=5', '--total=300', '--timeout=800ms', 'host:1']),
    );
  });

  test('that is missing is an error that says how to get it', () => {
    expect(() => findGhz('/nowhere/ghz')).toThrow(/go install github\.com\/bojand\/ghz\/cmd\/ghz/);
  });

  test('that fails or hangs is an error with what it said', async () => {
    const fail = ['-e', 'console.error("bad flag"); process.exitCode = 2'];
    await expect(runGhz(process.execPath, fail, 60_000)).rejects.toThrow(
      /ended with 2 .*\nbad flag/s,
    );
    const hang = ['-e', 'setInterval(() => {}, 1000)'];
    await expect(runGhz(process.execPath, hang, 1)).rejects.toThrow(/ended with a signal/);
  });

  test('gives the end of each call and how long it took', async () => {
    const details = [
      { timestamp: '2026-01-01T00:00:01.5Z', latency: 250_000_000, error: '', status: 'OK' },
    ];
    const file = join(temporaryFolder({ 'o.json': JSON.stringify({ details }) }), 'o.json');
    const endedMs = Date.UTC(2026, 0, 1, 0, 0, 1, 500);
    expect(await readCalls(file)).toEqual([{ startedMs: endedMs - 250, endedMs, status: 'OK' }]);
  });
});

describe('the page', () => {
  function page(calls: Parameters<typeof summarize>[0]): string {
    const options = parseLoadOptions([]);
    return formatPage({
      options,
      machine: {
        cpu: '<chip>',
        cores: 2,
        memoryGb: 1,
        kernel: 'k',
        node: 'v20',
        commit: 'abc',
        date: 'today',
      },
      server: { address: 'a', model: 'tiny', fingerprint: 'f00d', replicas: 'cpu#0', afterMs: 12 },
      summary: summarize(calls, options),
      memory: { startMb: 100, peakMb: 120, endMb: 101 },
      latenciesMs: okLatencies(calls),
    });
  }

  test('draws latencies and statuses, and needs nothing from elsewhere', () => {
    const html = page([ok(0, 12), ok(10, 120), { startedMs: 20, endedMs: 21, status: 'Internal' }]);
    expect(html.match(/<svg/g)).toHaveLength(2);
    expect(html).toContain('>Internal</text>');
    expect(html).toContain('100 MB before, 120 MB at most, 101 MB after');
    expect(html).toContain('&lt;chip&gt;');
    expect(html).not.toMatch(/NaN|Infinity|undefined|https?:|src=|@import/);
  });

  test('stands when nothing was answered, or all answers took the same time', () => {
    expect(page([{ startedMs: 0, endedMs: 5, status: 'Unavailable' }])).toContain('No request was');
    expect(page([ok(0, 5), ok(1, 5)])).not.toMatch(/NaN|Infinity/);
  });
});

test.each([
  [['--rps', '0.5'], /--rps is '0\.5'; a whole number from 1/],
  [['--candidates', '51'], /--candidates is '51'; a whole number from 1 to 50/],
  [['--speed', '1'], /--speed/],
])('parseLoadOptions refuses %j', (args, message) => {
  expect(() => parseLoadOptions(args)).toThrow(message);
});
