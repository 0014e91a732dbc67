import { expect, test } from '@jest/globals';
import { at } from '../../../src/base/at.ts';
import { createRandom } from '../../../src/base/random.ts';
import { defaultRetryPolicy } from '../../../src/simulate/balance/backoff.ts';
import { Channel, type ChannelOptions } from '../../../src/simulate/balance/channel.ts';
import { defaultWeightRules } from '../../../src/simulate/balance/weight.ts';
import { Host } from '../../../src/simulate/fleet/host.ts';
import type { Ending } from '../../../src/simulate/server/simulated-server.ts';
import { VirtualClock } from '../../../src/simulate/clock/virtual-clock.ts';
import { fleet } from '../../support/simulated-fleet.ts';

const request = {
  client: 'a',
  class: 'interactive',
  prefixTokens: 50,
  candidateTokens: new Array<number>(10).fill(95),
} as const;

/** Servers on which the request takes 13 ms times their factor, and a channel to them. */
function setUp(factors: readonly number[], changed: Partial<ChannelOptions> = {}) {
  const clock = new VirtualClock();
  const random = createRandom(1);
  const hosts = factors.map(
    (factor) => new Host({ ...fleet([factor], { spread: 0 }), clock, random }),
  );
  const channel = new Channel({
    hosts,
    policy: 'round_robin',
    weights: defaultWeightRules,
    retry: defaultRetryPolicy,
    callMs: 0,
    clock,
    random: () => 0.5,
    ...changed,
  });
  const endings: Ending[] = [];
  const call = (atMs: number, deadlineMs?: number) =>
    clock.at(atMs, () => {
      void channel.call({ ...request, atMs, deadlineMs }).then((ending) => endings.push(ending));
    });
  const served = () => hosts.map(({ batches }) => batches.length);
  return { clock, hosts, call, endings, served };
}

const seen = (endings: readonly Ending[]) =>
  endings.map(({ outcome, reason, latencyMs }) => [outcome, reason, Math.round(latencyMs)]);

test('a call that a crash ends is repeated on another server, after the backoff', async () => {
  const { clock, hosts, call, endings, served } = setUp([1, 1]);
  call(0);
  clock.at(5, () => at(hosts, 0).crash());
  await clock.run();
  // 5 ms, the backoff of 100 and a run.
  expect(seen(endings)).toEqual([['scored', undefined, 118]]);
  expect(served()[1]).toBe(1);
});

test('without a server, a call fails after its attempts or at its deadline', async () => {
  const { clock, hosts, call, endings } = setUp([1]);
  at(hosts, 0).crash();
  call(0);
  call(0, 450);
  await clock.run();
  expect(seen(endings)).toEqual([
    ['expired', 'DEADLINE_EXCEEDED', 450],
    ['failed', 'UNAVAILABLE', 100 + 200 + 400 + 800],
  ]);
});

test('a call takes its own time besides that of the server', async () => {
  const { clock, call, endings } = setUp([1], { callMs: 7 });
  call(0);
  await clock.run();
  expect(seen(endings)).toEqual([['scored', undefined, 13 + 7]]);
});

test('a single attempt is not repeated', async () => {
  const { clock, hosts, call, endings } = setUp([1, 1], { retry: undefined });
  call(0);
  clock.at(5, () => at(hosts, 0).crash());
  await clock.run();
  expect(seen(endings)).toEqual([['failed', 'UNAVAILABLE', 5]]);
});

test('calls to a rack that is gone wait until the client notices or the deadline passes', async () => {
  const { clock, hosts, call, endings, served } = setUp([1, 1]);
  clock.at(1, () => at(hosts, 0).vanish(1_000));
  [10, 20, 30, 1_100, 1_200].forEach((atMs) => call(atMs, 500));
  await clock.run();
  const outcomes = seen(endings).map(([outcome]) => outcome);
  expect(outcomes.filter((outcome) => outcome === 'expired')).toHaveLength(2);
  expect(served()).toEqual([0, 3]);
});

test('a server that is back is used after the reconnect', async () => {
  const { clock, hosts, call, served } = setUp([1, 1]);
  clock.at(0, () => at(hosts, 0).crash());
  clock.at(500, () => at(hosts, 0).start());
  // The first attempt to connect is a second after the loss.
  [600, 700, 800].forEach((atMs) => call(atMs));
  [1_100, 1_200].forEach((atMs) => call(atMs));
  await clock.run();
  expect(served()).toEqual([1, 4]);
});

test('weights halve the calls of a server of half speed, once they count', async () => {
  const { clock, call, served } = setUp([1, 2], {
    policy: 'weighted_round_robin',
    weights: { ...defaultWeightRules, blackoutMs: 2_000 },
    random: createRandom(4),
  });
  const counts: (readonly number[])[] = [];
  for (let atMs = 0; atMs < 40_000; atMs += 50) {
    call(atMs);
  }
  [1_900, 20_000].forEach((atMs) => clock.at(atMs, () => counts.push(served())));
  await clock.run();
  const [early = [], middle = []] = counts;
  expect(Math.abs(at(early, 0) - at(early, 1))).toBeLessThanOrEqual(2);
  const late = served().map((count, i) => count - at(middle, i));
  expect(at(late, 0) / at(late, 1)).toBeCloseTo(2, 0);
});
