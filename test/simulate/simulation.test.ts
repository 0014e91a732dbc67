import { describe, expect, test } from '@jest/globals';
import { planFleet } from '../../src/simulate/plan-fleet.ts';
import { type Fleet, simulate } from '../../src/simulate/simulate.ts';
import type { Ending } from '../../src/simulate/simulated-server.ts';
import { latencyOf } from '../../src/simulate/summarize.ts';
import { drawArrivals, parseShape, type Stream } from '../../src/simulate/traffic-streams.ts';
import { createRandom } from '../../src/base/random.ts';

/** A made-up accelerator: about 100 tokens in a millisecond. A request of 50 postings takes it 120 ms. */
const cost = {
  format: 1,
  kinds: [
    {
      ...{ kind: 'cuda', runs: 100, fixedMs: 3 },
      ...{ tokenMs: 0.01, slotMs: 1e-6, slotsPerToken: 250 },
      ...{ runRatios: [], handoverMs: [] },
    },
  ],
  replicas: [],
  encodeMs: [],
} as const;
const perReplica = 8.3;

function fleet(factors: readonly number[], changed: Partial<Fleet> = {}): Fleet {
  return {
    ...{ servers: 1, cost, factors, encodeMs: 0, spread: 0.1, seed: 1 },
    buckets: [16, 32, 48, 64, 96, 128, 192, 256, 384, 512],
    queue: { candidates: 40_000, tokens: 10_000_000 },
    policy: {
      tokenBudget: 8_192,
      lingerMs: 2,
      attentionGroups: 4,
      shareTokens: 2_048,
      agingMs: 1_000,
      deferrableWaitMs: Number.POSITIVE_INFINITY,
    },
    ...changed,
  };
}

function stream(client: string, requestsPerSecond: number, changed: Partial<Stream> = {}): Stream {
  return {
    client,
    requestsPerSecond,
    class: 'interactive',
    shapes: [parseShape('50+50xpostings')],
    deadlineMs: 500,
    ...changed,
  };
}

async function run(one: Fleet, streams: readonly Stream[], seconds: number) {
  const arrivals = drawArrivals(streams, seconds, createRandom(7));
  const simulation = await simulate(one, arrivals);
  expect(simulation.endings).toHaveLength(arrivals.length);
  expect(new Set(simulation.endings.map(({ arrival }) => arrival)).size).toBe(arrivals.length);
  return simulation;
}

const eight = new Array<number>(8).fill(1);
const capacity = 8 * perReplica;
const scored = (endings: readonly Ending[], client?: string) =>
  endings.filter(
    ({ outcome, arrival }) =>
      outcome === 'scored' && (client === undefined || arrival.client === client),
  );

describe('eight replicas, real lengths', () => {
  test('one half as fast gets half as much: all are busy alike, and little is padding', async () => {
    const factors = [1, 1, 1, 1, 1, 1, 1, 2];
    const { report } = await run(fleet(factors), [stream('a', 7.5 * perReplica * 0.85)], 8);
    expect(report.busySpread).toBeLessThanOrEqual(1.15);
    expect(report.waste).toBeLessThanOrEqual(0.15);
    expect(report.outcomes).toEqual({ scored: report.requests });
    expect(report.predictionError).toBeLessThan(0.15);
  });

  test('at ten times what they can do, they do as much as ever, in time', async () => {
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

test('a spike right after the start costs no goodput: who waits is not let in as if forecasts were exact', async () => {
  const { endings } = await run(fleet([1, 1, 1, 1]), [stream('a', 4 * 4 * perReplica)], 6);
  const rate = (fromMs: number, toMs: number) =>
    scored(endings).filter(({ arrival, latencyMs }) => {
      const endedMs = arrival.atMs + latencyMs;
      return endedMs >= fromMs && endedMs < toMs;
    }).length /
    (toMs - fromMs);
  expect(rate(300, 2_300)).toBeGreaterThanOrEqual(0.9 * rate(2_300, 6_000));
});

test('times that were measured are drawn from: of runs, of batches on their way, of encoding', async () => {
  const [kind] = cost.kinds;
  const measured = {
    ...cost,
    kinds: [{ ...kind, slotMs: 0, runRatios: [2], handoverMs: [5] }],
    encodeMs: [7],
  };
  const one = { ...stream('a', 1), shapes: [parseShape('50+10x95')] };
  const asMeasured = { cost: measured, encodeMs: undefined, spread: undefined };
  const { report } = await run(fleet([1], asMeasured), [one], 10);
  expect(report.latencyMs.p50).toBeCloseTo(7 + 5 + 2 * (3 + 0.01 * 1_000), 6);
  const said = await run(fleet([1], { cost: measured, encodeMs: 1, spread: 0 }), [one], 10);
  expect(said.report.latencyMs.p50).toBeCloseTo(1 + 5 + 3 + 0.01 * 1_000, 6);
});

test('equal seeds give equal reports', async () => {
  const streams = [stream('a', 5), stream('b', 5)];
  const [first, second] = await Promise.all([
    run(fleet([1, 1]), streams, 5),
    run(fleet([1, 1]), streams, 5),
  ]);
  expect(first.report).toEqual(second.report);
});

test('requests are dealt to the servers in turn', async () => {
  const { report } = await run(fleet([1], { servers: 3 }), [stream('a', 9)], 10);
  expect(report.busyShare.map(({ server }) => server)).toEqual([0, 1, 2]);
  expect(report.busySpread).toBeLessThan(1.5);
});

describe('planning', () => {
  const arrivals = drawArrivals([stream('a', 3 * perReplica)], 5, createRandom(3));

  test('finds the fewest replicas that are enough', async () => {
    const goal = { p99Ms: 400, scored: 0.99, mostReplicas: 64 };
    const { replicas, trials } = await planFleet(fleet([]), arrivals, goal);
    expect(replicas).toBeGreaterThanOrEqual(3);
    expect(replicas).toBeLessThanOrEqual(8);
    expect(trials.find((trial) => trial.replicas === replicas)?.isEnough).toBe(true);
    expect(trials.find((trial) => trial.replicas === (replicas ?? 0) - 1)?.isEnough).toBe(false);
  });

  test('says so when even the most are not', async () => {
    const busy = drawArrivals([stream('a', 20 * perReplica)], 5, createRandom(3));
    const goal = { p99Ms: 400, scored: 0.99, mostReplicas: 4 };
    const { replicas, trials, obstacle } = await planFleet(fleet([]), busy, goal);
    expect([replicas, obstacle]).toEqual([undefined, undefined]);
    expect(trials.map((trial) => trial.replicas)).toEqual([1, 2, 4]);
  });

  test('says why when a request that has a server to itself is too slow, and how much of it is not', async () => {
    const goal = { p99Ms: 20, scored: 0.99, mostReplicas: 64 };
    const { replicas, trials, obstacle } = await planFleet(fleet([]), arrivals, goal);
    expect([replicas, trials]).toEqual([undefined, []]);
    expect(obstacle).toMatchObject({ limitMs: 20, candidates: 50 });
    expect(obstacle?.aloneMs).toBeGreaterThan(20);
    const { candidates = 0 } = obstacle?.fitting ?? {};
    expect(candidates).toBeGreaterThan(0);
    const smaller = arrivals.map((arrival) => ({
      ...arrival,
      candidateTokens: arrival.candidateTokens.slice(0, Math.floor(0.8 * candidates)),
    }));
    expect((await planFleet(fleet([]), smaller, goal)).replicas).toBeDefined();
  });

  test('a deadline shorter than the target is what counts', async () => {
    const goal = { p99Ms: 10_000, scored: 0.99, mostReplicas: 4 };
    const hurried = arrivals.map((arrival) => ({ ...arrival, deadlineMs: 10 }));
    const { obstacle } = await planFleet(fleet([]), hurried, goal);
    expect(obstacle).toMatchObject({ limitMs: 10 });
  });
});
