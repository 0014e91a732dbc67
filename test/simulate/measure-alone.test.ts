import { describe, expect, test } from '@jest/globals';
import { createRandom } from '../../src/base/random.ts';
import { findObstacle } from '../../src/simulate/measure-alone.ts';
import { planFleet } from '../../src/simulate/plan-fleet.ts';
import { drawArrivals } from '../../src/simulate/traffic/traffic-streams.ts';
import { fleet, perReplica, stream } from '../support/simulated-fleet.ts';

describe('an obstacle', () => {
  const arrivals = drawArrivals([stream('a', 3 * perReplica)], 5, createRandom(3));
  const goal = { p99Ms: 20, mostReplicas: 64 };

  test('is a request that is too slow alone, with the number of candidates that would fit', async () => {
    const obstacle = await findObstacle(fleet([]), arrivals, goal);
    expect(obstacle).toMatchObject({ limitMs: 20, candidates: 50 });
    expect(obstacle?.aloneMs).toBeGreaterThan(20);
    const { candidates = 0 } = obstacle?.fitting ?? {};
    expect(candidates).toBeGreaterThan(0);
    expect(candidates).toBeLessThan(50);
    const smaller = arrivals.map((arrival) => ({
      ...arrival,
      candidateTokens: arrival.candidateTokens.slice(0, Math.floor(0.6 * candidates)),
    }));
    expect(await findObstacle(fleet([]), smaller, goal)).toBeUndefined();
  });

  test('ends planning without a trial', async () => {
    const plan = await planFleet(fleet([]), arrivals, { ...goal, scored: 0.99 });
    expect(plan).toMatchObject({ replicas: undefined, trials: [], obstacle: { limitMs: 20 } });
  });

  test('is measured against the deadline of the request if that is shorter than the goal', async () => {
    const hurried = arrivals.map((arrival) => ({ ...arrival, deadlineMs: 10 }));
    const obstacle = await findObstacle(fleet([]), hurried, { p99Ms: 10_000, mostReplicas: 4 });
    expect(obstacle).toMatchObject({ limitMs: 10 });
  });

  test('is absent without arrivals', async () => {
    expect(await findObstacle(fleet([]), [], goal)).toBeUndefined();
  });
});
