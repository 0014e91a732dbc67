import { at } from '../base/at.ts';
import { createRandom } from '../base/random.ts';
import { defaultRetryPolicy, type RetryPolicy } from './balance/backoff.ts';
import { Channel } from './balance/channel.ts';
import type { BalancingPolicy } from './balance/pick.ts';
import { defaultWeightRules, type WeightRules } from './balance/weight.ts';
import { type Failure, schedule } from './fleet/failures.ts';
import { Host } from './fleet/host.ts';
import type { Ending, ServerOptions } from './server/simulated-server.ts';
import { type SimulationReport, summarize } from './summarize.ts';
import type { Random } from './traffic/draw.ts';
import type { Arrival } from './traffic/traffic-streams.ts';
import { VirtualClock } from './clock/virtual-clock.ts';

/** How clients spread their calls over the servers. */
export interface Balancing {
  readonly policy: BalancingPolicy;
  /** Client processes. Each has its own connections and its own view of the servers. */
  readonly channels: number;
  /** How many servers, drawn at random, each channel connects to; undefined for all. */
  readonly subset?: number | undefined;
  readonly weights: WeightRules;
  /** Undefined for calls without a second attempt. */
  readonly retry: RetryPolicy | undefined;
  /** What a call takes besides the server's stages: client, network, decoding. */
  readonly callMs: number;
}

/** One channel that deals calls to the servers in turn. */
export const inTurn: Balancing = {
  policy: 'round_robin',
  channels: 1,
  weights: defaultWeightRules,
  retry: defaultRetryPolicy,
  callMs: 0,
};

/** Equal servers, each with its own replicas. */
export interface Fleet extends Omit<ServerOptions, 'clock' | 'random'> {
  readonly servers: number;
  /** Undefined for `inTurn`. */
  readonly balancing?: Balancing | undefined;
  readonly failures?: readonly Failure[] | undefined;
  readonly seed: number;
}

export interface Simulation {
  readonly report: SimulationReport;
  readonly endings: readonly Ending[];
}

/** Simulates every arrival on a virtual clock, until the last request has ended. */
export async function simulate(fleet: Fleet, arrivals: readonly Arrival[]): Promise<Simulation> {
  const clock = new VirtualClock();
  const random = createRandom(fleet.seed);
  const hosts = Array.from({ length: fleet.servers }, () => new Host({ ...fleet, clock, random }));
  // Numbers of their own, so that a policy changes nothing but where calls go.
  const clientRandom = createRandom(fleet.seed + 1);
  const channels = openChannels(fleet.balancing ?? inTurn, hosts, clock, clientRandom);
  schedule(fleet.failures ?? [], hosts, clock);
  const endings: Ending[] = [];
  let endedAtMs = 0;
  const arrive = (index: number) => {
    const arrival = arrivals[index];
    if (arrival !== undefined) {
      clock.at(arrival.atMs, () => {
        arrive(index + 1);
        const channel = at(channels, Math.floor(clientRandom() * channels.length));
        void channel.call(arrival).then((ending) => {
          endings.push(ending);
          endedAtMs = clock.nowMs();
        });
      });
    }
  };
  arrive(0);
  await clock.run();
  return { report: summarize(endings, hosts, endedAtMs), endings };
}

function openChannels(
  { channels, subset, ...options }: Balancing,
  hosts: readonly Host[],
  clock: VirtualClock,
  random: Random,
): readonly Channel[] {
  return Array.from({ length: channels }, () => {
    const ordered = channels === 1 ? hosts : shuffle(hosts, random);
    return new Channel({ ...options, hosts: ordered.slice(0, subset), clock, random });
  });
}

/** Fisher and Yates's shuffle. */
function shuffle<One>(list: readonly One[], random: Random): One[] {
  const shuffled = [...list];
  for (let last = shuffled.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    const moved = at(shuffled, last);
    shuffled[last] = at(shuffled, other);
    shuffled[other] = moved;
  }
  return shuffled;
}
