import { describe, expect, test } from '@jest/globals';
import type { Ending } from '../../src/simulate/server/simulated-server.ts';
import { type BalancingPolicy, balancingPolicies } from '../../src/simulate/balance/pick.ts';
import type { Failure } from '../../src/simulate/fleet/failures.ts';
import { inTurn } from '../../src/simulate/simulate.ts';
import { latencyOf } from '../../src/simulate/summarize.ts';
import { parseShape } from '../../src/simulate/traffic/traffic-streams.ts';
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

describe('a fleet of many servers', () => {
  const failures: readonly Failure[] = [
    { kind: 'rack', first: 0, servers: 2, atMs: 700, untilMs: 2_000, detectMs: 600 },
    { kind: 'crash', first: 3, servers: 1, atMs: 1_000, untilMs: 1_800 },
    { kind: 'slow', first: 4, servers: 1, factor: 3, atMs: 0, untilMs: 2_500 },
    { kind: 'stall', first: 5, share: 0.1, atMs: 1_500, untilMs: 2_000 },
    { kind: 'restart', first: 6, servers: 2, atMs: 500, untilMs: 500, atOnce: 1, downMs: 500 },
  ];
  const shapes = [parseShape('50+10x95')];
  const traffic = [stream('a', 8 * 75 * 0.6, { shapes })];
  const balancing = (policy: BalancingPolicy) => ({ ...inTurn, policy, channels: 3 });

  test.each(balancingPolicies)(
    'ends every request once under failures, with %s',
    async (policy) => {
      const changed = { servers: 8, balancing: balancing(policy), failures };
      const [first, second] = [
        await run(fleet([1], changed), traffic, 3),
        await run(fleet([1], changed), traffic, 3),
      ];
      expect(first.report).toEqual(second.report);
      const counts = Object.values(first.report.outcomes);
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(first.report.requests);
      expect(first.report.outcomes.expired).toBeGreaterThan(0);
    },
  );

  test('pick_first of three channels uses three servers at most', async () => {
    const one = fleet([1], { servers: 8, balancing: balancing('pick_first') });
    const { report } = await run(one, traffic, 1);
    expect(report.busyShare.filter(({ share }) => share > 0).length).toBeLessThanOrEqual(3);
  });

  test('a subset bounds the servers that a channel uses', async () => {
    const one = { ...balancing('round_robin'), channels: 1, subset: 2 };
    const { report } = await run(fleet([1], { servers: 8, balancing: one }), traffic, 1);
    expect(report.busyShare.filter(({ share }) => share > 0)).toHaveLength(2);
  });

  test('latency does not depend on the size of the fleet', async () => {
    const measure = async (servers: number) => {
      const changed = { servers, balancing: { ...balancing('round_robin'), channels: 60 } };
      const streams = [stream('a', servers * 75 * 0.8, { shapes })];
      return (await run(fleet([1], changed), streams, 160 / servers)).report.latencyMs;
    };
    const [small, large] = [await measure(8), await measure(40)];
    expect(Math.abs(large.p50 / small.p50 - 1)).toBeLessThan(0.1);
    expect(Math.abs(large.p95 / small.p95 - 1)).toBeLessThan(0.1);
  });
});
