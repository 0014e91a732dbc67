import { expect, test } from '@jest/globals';
import { createRandom } from '../../../src/base/random.ts';
import { SimulatedServer } from '../../../src/simulate/server/simulated-server.ts';
import { parseShape } from '../../../src/simulate/traffic/traffic-streams.ts';
import { VirtualClock } from '../../../src/simulate/clock/virtual-clock.ts';
import { cost, fleet, run, stream } from '../../support/simulated-fleet.ts';

/** A server of one replica whose runs take exactly their cost. */
function openServer(queue = { candidates: 100, tokens: 100_000 }) {
  const clock = new VirtualClock();
  const options = fleet([1], { spread: 0, queue });
  return { clock, server: new SimulatedServer({ ...options, clock, random: createRandom(1) }) };
}

const arrival = {
  client: 'a',
  class: 'interactive',
  atMs: 0,
  deadlineMs: undefined,
  prefixTokens: 50,
  candidateTokens: [95, 95],
} as const;

test('a request that is scored takes the cost of its batch', async () => {
  const { clock, server } = openServer();
  const ending = server.rank(arrival);
  await clock.run();
  const { outcome, scored, latencyMs } = await ending;
  expect([outcome, scored]).toEqual(['scored', 2]);
  const [batch] = server.batches;
  expect(batch).toMatchObject({ candidates: 2, packedTokens: 240, runMs: latencyMs });
  expect(latencyMs).toBeCloseTo(3 + 0.01 * 240, 1);
});

test('a request that the queue has no room for is rejected at once, with the reason', async () => {
  const { clock, server } = openServer({ candidates: 2, tokens: 100_000 });
  const endings = [server.rank(arrival), server.rank({ ...arrival, client: 'b' })];
  await clock.run();
  expect(await Promise.all(endings)).toMatchObject([
    { outcome: 'scored' },
    { outcome: 'rejected', latencyMs: 0, scored: 0, reason: expect.any(String) },
  ]);
  const later = server.rank(arrival);
  await clock.run();
  expect(await later).toMatchObject({ outcome: 'scored' });
});

test('a cost table without a kind of replica is refused', () => {
  const options = { ...fleet([1], { cost: { ...cost, kinds: [] } }), random: createRandom(1) };
  expect(() => new SimulatedServer({ ...options, clock: new VirtualClock() })).toThrow(
    'the cost table has no kind of replica; at least 1',
  );
});

test('run ratios, handover times and encode times are drawn from the cost table', async () => {
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
