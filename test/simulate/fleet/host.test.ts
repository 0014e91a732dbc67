import { expect, test } from '@jest/globals';
import { createRandom } from '../../../src/base/random.ts';
import { Host } from '../../../src/simulate/fleet/host.ts';
import type { Arrival } from '../../../src/simulate/traffic/traffic-streams.ts';
import { VirtualClock } from '../../../src/simulate/clock/virtual-clock.ts';
import { fleet } from '../../support/simulated-fleet.ts';

const arrival: Arrival = {
  client: 'a',
  class: 'interactive',
  atMs: 0,
  deadlineMs: undefined,
  prefixTokens: 50,
  candidateTokens: new Array<number>(50).fill(95),
};

/** A run of the arrival takes about 52 ms. */
function setUp() {
  const clock = new VirtualClock();
  const host = new Host({ ...fleet([1], { spread: 0 }), clock, random: createRandom(1) });
  const answers: [string | undefined, number][] = [];
  const call = (atMs: number, deadlineAtMs = Number.POSITIVE_INFINITY) =>
    clock.at(atMs, () => {
      void host.call(arrival, deadlineAtMs).then((ending) => {
        answers.push([ending?.outcome, Math.round(clock.nowMs())]);
      });
    });
  const changes: [boolean, number][] = [];
  host.watch(({ isUp, noticedAtMs }) => changes.push([isUp, noticedAtMs]));
  return { clock, host, call, answers, changes };
}

test('a crash loses the calls at once, and later ones are refused until it starts', async () => {
  const { clock, host, call, answers, changes } = setUp();
  [0, 30, 100].forEach((atMs) => call(atMs));
  clock.at(20, () => host.crash());
  clock.at(90, () => host.start());
  await clock.run();
  expect(answers).toEqual([
    [undefined, 20],
    [undefined, 30],
    ['scored', 152],
  ]);
  expect(changes).toEqual([
    [false, 20],
    [true, 20],
  ]);
});

test('calls to a silent host end when it is noticed, or at their deadline', async () => {
  const { clock, host, call, answers, changes } = setUp();
  call(0);
  call(5, 300);
  call(200, 250);
  clock.at(20, () => host.vanish(1_000));
  await clock.run();
  expect(answers).toEqual([
    [undefined, 250],
    [undefined, 300],
    [undefined, 1_020],
  ]);
  expect(changes).toEqual([[false, 1_020]]);
});

test('a host that drains answers what it has', async () => {
  const { clock, host, call, answers } = setUp();
  call(0);
  call(30);
  clock.at(20, () => host.drain());
  await clock.run();
  expect(answers).toEqual([
    [undefined, 30],
    ['scored', 52],
  ]);
});

test('the work of all its servers counts as that of one', async () => {
  const { clock, host, call } = setUp();
  call(0);
  call(200);
  clock.at(100, () => host.drain());
  clock.at(150, () => host.start());
  await clock.run();
  expect(host.batches).toHaveLength(2);
  const [replica] = host.replicas;
  expect(replica?.busyMs).toBeCloseTo(2 * (host.batches[0]?.runMs ?? 0), 6);
  expect(host.load().requestsPerSecond).toBeGreaterThan(0);
});
