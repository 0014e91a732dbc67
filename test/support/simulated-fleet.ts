import { expect } from '@jest/globals';
import { createRandom } from '../../src/base/random.ts';
import { type Fleet, simulate } from '../../src/simulate/simulate.ts';
import {
  drawArrivals,
  parseShape,
  type Stream,
} from '../../src/simulate/traffic/traffic-streams.ts';

/** An invented accelerator: 100 tokens take about 1 ms, a request of 50 postings takes 120 ms. */
export const cost = {
  format: 1,
  kinds: [
    {
      kind: 'cuda',
      runs: 100,
      fixedMs: 3,
      tokenMs: 0.01,
      slotMs: 1e-6,
      slotsPerToken: 250,
      runRatios: [],
      handoverMs: [],
    },
  ],
  replicas: [],
  encodeMs: [],
} as const;
/** Requests per second that saturate one replica. */
export const perReplica = 8.3;

export function fleet(factors: readonly number[], changed: Partial<Fleet> = {}): Fleet {
  return {
    servers: 1,
    cost,
    factors,
    encodeMs: 0,
    spread: 0.1,
    seed: 1,
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

export function stream(
  client: string,
  requestsPerSecond: number,
  changed: Partial<Stream> = {},
): Stream {
  return {
    client,
    requestsPerSecond,
    class: 'interactive',
    shapes: [parseShape('50+50xpostings')],
    deadlineMs: 500,
    ...changed,
  };
}

/** Simulates the streams, and checks that every request ends once. */
export async function run(one: Fleet, streams: readonly Stream[], seconds: number) {
  const arrivals = drawArrivals(streams, seconds, createRandom(7));
  const simulation = await simulate(one, arrivals);
  expect(simulation.endings).toHaveLength(arrivals.length);
  expect(new Set(simulation.endings.map(({ arrival }) => arrival)).size).toBe(arrivals.length);
  return simulation;
}
