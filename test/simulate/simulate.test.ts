import { describe, expect, test } from '@jest/globals';
import type { Ending } from '../../src/simulate/simulated-server.ts';
import { latencyOf } from '../../src/simulate/summarize.ts';
import { fleet, perReplica, run, stream } from '../support/simulated-fleet.ts';

const eight = new Array<number>(8).fill(1);
const capacity = 8 * perReplica;
const scored = (endings: readonly Ending[], client?: string) =>
  endings.filter(
    ({ outcome, arrival }) =>
      outcome === 'scored' && (client === undefined || arrival.client === client),
  );

describe('eight replicas, real lengths', () => {
  test('a replica of half speed gets half the work; all are equally busy, with little padding', async () => {
    const factors = [1, 1, 1, 1, 1, 1, 1, 2];
    const { report } = await run(fleet(factors), [stream('a', 7.5 * perReplica * 0.85)], 8);
    expect(report.busySpread).toBeLessThanOrEqual(1.15);
    // Candidates are computed in pieces of at most 64 rows, and four shapes fit those less well.
    expect(report.waste).toBeLessThanOrEqual(0.3);
    expect(report.outcomes).toEqual({ scored: report.requests });
    expect(report.predictionError).toBeLessThan(0.15);
  });

  test('goodput and latency hold at ten times the capacity', async () => {
    const peak = await run(fleet(eight), [stream('a', capacity)], 8);
    const over = await run(fleet(eight), [stream('a', 10 * capacity)], 8);
    expect(over.report.goodput).toBeGreaterThanOrEqual(0.9 * peak.report.goodput);
    expect(over.report.latencyMs.p99).toBeLessThanOrEqual(500);
    const { rejected = 0, expired = 0 } = over.report.outcomes;
    expect(expired).toBeLessThan(0.02 * rejected);
  });

  test('deferrable requests move the interactive p99 by less than one batch', async () => {
    const interactive = stream('a', capacity / 2);
    const deferrable = stream('d', capacity, { class: 'deferrable', deadlineMs: undefined });
    const alone = await run(fleet(eight), [interactive], 8);
    const beside = await run(fleet(eight), [interactive, deferrable], 8);
    const fullBatchMs = 8_192 * 0.012 + 3;
    const p99 = latencyOf(scored(beside.endings, 'a')).p99;
    expect(p99).toBeLessThan(alone.report.latencyMs.p99 + fullBatchMs);
    expect(scored(beside.endings, 'd').length).toBeGreaterThan(100);
  });

  test("a client that sends ten times as much cannot raise the others' p95 by a fifth", async () => {
    const others = ['a', 'b', 'c', 'd'].map((client) => stream(client, 0.18 * capacity));
    const even = await run(fleet(eight), [...others, stream('g', 0.18 * capacity)], 15);
    const greedy = await run(fleet(eight), [...others, stream('g', 1.6 * capacity)], 15);
    const ofOthers = (endings: readonly Ending[]) =>
      scored(endings).filter(({ arrival }) => arrival.client !== 'g');
    const before = latencyOf(ofOthers(even.endings));
    const after = latencyOf(ofOthers(greedy.endings));
    expect(after.p95).toBeLessThanOrEqual(1.2 * before.p95);
    const lost = ofOthers(even.endings).length - ofOthers(greedy.endings).length;
    expect(lost).toBeLessThan(0.08 * ofOthers(even.endings).length);
  });
});

test('a spike right after the start costs no goodput, although forecasts are not exact yet', async () => {
  const { endings } = await run(fleet([1, 1, 1, 1]), [stream('a', 4 * 4 * perReplica)], 6);
  const rate = (fromMs: number, toMs: number) =>
    scored(endings).filter(({ arrival, latencyMs }) => {
      const endedAtMs = arrival.atMs + latencyMs;
      return endedAtMs >= fromMs && endedAtMs < toMs;
    }).length /
    (toMs - fromMs);
  expect(rate(300, 2_300)).toBeGreaterThanOrEqual(0.9 * rate(2_300, 6_000));
});

test('equal seeds give equal reports', async () => {
  const streams = [stream('a', 5), stream('b', 5)];
  const [first, second] = await Promise.all([
    run(fleet([1, 1]), streams, 5),
    run(fleet([1, 1]), streams, 5),
  ]);
  expect(first.report).toEqual(second.report);
});

test('servers get requests round-robin', async () => {
  const { report } = await run(fleet([1], { servers: 3 }), [stream('a', 9)], 10);
  expect(report.busyShare.map(({ server }) => server)).toEqual([0, 1, 2]);
  expect(report.busySpread).toBeLessThan(1.5);
});
