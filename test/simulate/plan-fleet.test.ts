import { describe, expect, test } from '@jest/globals';
import { createRandom } from '../../src/base/random.ts';
import { planFleet } from '../../src/simulate/plan-fleet.ts';
import { drawArrivals } from '../../src/simulate/traffic/traffic-streams.ts';
import { fleet, perReplica, stream } from '../support/simulated-fleet.ts';

describe('planFleet', () => {
  const arrivals = drawArrivals([stream('a', 3 * perReplica)], 5, createRandom(3));

  test('finds the fewest replicas that are enough', async () => {
    const goal = { p99Ms: 400, scored: 0.99, mostReplicas: 64 };
    const { replicas, trials } = await planFleet(fleet([]), arrivals, goal);
    expect(replicas).toBeGreaterThanOrEqual(3);
    expect(replicas).toBeLessThanOrEqual(8);
    expect(trials.find((trial) => trial.replicas === replicas)?.isEnough).toBe(true);
    expect(trials.find((trial) => trial.replicas === (replicas ?? 0) - 1)?.isEnough).toBe(false);
  });

  test('returns no number when even the most are not enough', async () => {
    const busy = drawArrivals([stream('a', 20 * perReplica)], 5, createRandom(3));
    const goal = { p99Ms: 400, scored: 0.99, mostReplicas: 4 };
    const { replicas, trials, obstacle } = await planFleet(fleet([]), busy, goal);
    expect([replicas, obstacle]).toEqual([undefined, undefined]);
    expect(trials.map((trial) => trial.replicas)).toEqual([1, 2, 4]);
  });
});
