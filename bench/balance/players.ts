import type { CallEnd, Play, Plan } from './play/plan.ts';
import { playJavascript } from './play/javascript.ts';
import { findEnvoy, type RunningEnvoy, startEnvoy } from './play/envoy.ts';
import { buildGo } from './play/go.ts';
import type { Way } from './ways.ts';

/** A way that can be played here. */
export interface Player {
  readonly way: Way;
  /** The channel's part of a plan for these servers. */
  channel(servers: readonly string[]): Pick<Plan, 'addresses' | 'serviceConfig'>;
  play(plan: Plan, onStart?: () => void): Promise<readonly CallEnd[]>;
}

export interface Players {
  readonly players: readonly Player[];
  /** Why ways are missing. */
  readonly skipped: readonly string[];
  stop(): Promise<void>;
}

/** Opens what the ways need: the generator in Go, and an Envoy for each of its policies. */
export async function openPlayers(
  ways: readonly Way[],
  servers: readonly string[],
  out: string,
): Promise<Players> {
  const needs = (client: Way['client']) => ways.some((way) => way.client === client);
  const playGo = needs('grpc-go') ? buildGo(out) : undefined;
  const program = needs('Envoy') ? findEnvoy() : undefined;
  const proxies: RunningEnvoy[] = [];
  const players: Player[] = [];
  for (const way of ways) {
    const play: Play | undefined = way.client === 'grpc-go' ? playGo : playJavascript;
    const direct = (given: readonly string[]) => given;
    let addressesOf: typeof direct | undefined = direct;
    if (way.envoy !== undefined) {
      addressesOf = undefined;
      if (program !== undefined) {
        const proxy = await startEnvoy(program, { servers, policy: way.envoy, out });
        proxies.push(proxy);
        addressesOf = () => [proxy.address];
      }
    }
    if (play !== undefined && addressesOf !== undefined) {
      players.push(toPlayer(way, play, addressesOf));
    }
  }
  const skipped = [
    ...(needs('grpc-go') && playGo === undefined ? ['grpc-go: `go` is not on the PATH'] : []),
    ...(needs('Envoy') && program === undefined
      ? ['Envoy: neither $ENVOY nor `envoy` on the PATH is a program that runs']
      : []),
  ];
  return {
    players,
    skipped,
    stop: async () => {
      await Promise.all(proxies.map((proxy) => proxy.stop()));
    },
  };
}

function toPlayer(
  way: Way,
  play: Play,
  addressesOf: (servers: readonly string[]) => readonly string[],
): Player {
  const { serviceConfig } = way;
  return {
    way,
    channel: (servers) => ({ addresses: addressesOf(servers), serviceConfig }),
    play: (plan, onStart = () => undefined) => play(plan, onStart),
  };
}
