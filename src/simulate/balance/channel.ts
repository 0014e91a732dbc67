import type { VirtualClock } from '../clock/virtual-clock.ts';
import type { Host } from '../fleet/host.ts';
import type { Ending } from '../server/simulated-server.ts';
import type { Random } from '../traffic/draw.ts';
import type { Arrival } from '../traffic/traffic-streams.ts';
import { type RetryPolicy, reconnectedAtMs, retryDelayMs } from './backoff.ts';
import { type BalancingPolicy, createPick, type Endpoint, isWeighted, type Pick } from './pick.ts';
import { type HeardWeight, hear, type WeightRules, weightAt } from './weight.ts';

export interface ChannelOptions {
  /** The servers that it connects to, in its own order. */
  readonly hosts: readonly Host[];
  readonly policy: BalancingPolicy;
  readonly weights: WeightRules;
  /** Undefined for a single attempt. */
  readonly retry: RetryPolicy | undefined;
  /** What a call takes besides the server's stages: client, network, decoding. */
  readonly callMs: number;
  readonly clock: VirtualClock;
  readonly random: Random;
}

/** A server as one channel sees it. */
class Connection implements Endpoint {
  readonly host: Host;
  isReady = true;
  active = 0;
  weight = 0;
  heard: HeardWeight | undefined;

  constructor(host: Host) {
    this.host = host;
  }
}

/** One client's connections to its servers: picks a server for each call, and calls again. */
export class Channel {
  readonly #options: ChannelOptions;
  readonly #connections: readonly Connection[];
  #pick: Pick<Connection> | undefined;
  #last: Connection | undefined;
  /** When the order of servers was last made from weights. */
  #weighedAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: ChannelOptions) {
    this.#options = options;
    this.#connections = options.hosts.map((host) => new Connection(host));
    this.#connections.forEach((one) => this.#follow(one));
  }

  /** Ends with the answer of a server, or when the attempts or the time have run out. */
  async call(arrival: Arrival): Promise<Ending> {
    const { clock, retry, random } = this.#options;
    const startedAtMs = clock.nowMs();
    const deadlineAtMs = startedAtMs + (arrival.deadlineMs ?? Number.POSITIVE_INFINITY);
    for (let attempts = 1; ; attempts++) {
      const ending = await this.#attempt(arrival, deadlineAtMs);
      const nowMs = clock.nowMs();
      if (ending !== undefined) {
        return { ...ending, latencyMs: nowMs - startedAtMs };
      }
      const lost = { arrival, latencyMs: nowMs - startedAtMs, scored: 0 };
      if (nowMs >= deadlineAtMs) {
        return { ...lost, outcome: 'expired', reason: 'DEADLINE_EXCEEDED' };
      }
      if (retry === undefined || attempts >= retry.maxAttempts) {
        return { ...lost, outcome: 'failed', reason: 'UNAVAILABLE' };
      }
      const againAtMs = nowMs + retryDelayMs(retry, attempts, random);
      await this.#until(Math.min(againAtMs, deadlineAtMs));
      if (againAtMs >= deadlineAtMs) {
        const latencyMs = deadlineAtMs - startedAtMs;
        return { ...lost, latencyMs, outcome: 'expired', reason: 'DEADLINE_EXCEEDED' };
      }
    }
  }

  async #attempt(arrival: Arrival, deadlineAtMs: number): Promise<Ending | undefined> {
    const connection = this.#next();
    if (connection === undefined) {
      return undefined;
    }
    const { callMs, clock } = this.#options;
    connection.active += 1;
    if (callMs > 0) {
      await this.#until(clock.nowMs() + callMs);
    }
    const ending = await connection.host.call(arrival, deadlineAtMs);
    connection.active -= 1;
    return ending;
  }

  /** Undefined if no connection is ready. */
  #next(): Connection | undefined {
    const { policy, weights, clock, random } = this.#options;
    const nowMs = clock.nowMs();
    const hasWeights = isWeighted(policy);
    if (hasWeights && nowMs - this.#weighedAtMs >= weights.updateMs) {
      this.#pick = undefined;
    }
    if (this.#pick === undefined) {
      const ready = this.#connections.filter(({ isReady }) => isReady);
      if (ready.length === 0) {
        return undefined;
      }
      for (const one of hasWeights ? ready : []) {
        // Reports out of band are as frequent as weights are used.
        one.heard = hear(one.heard, one.host.load(), weights, nowMs);
        one.weight = weightAt(one.heard, weights, nowMs);
      }
      this.#weighedAtMs = nowMs;
      this.#pick = createPick(policy, ready, { random, last: this.#last });
    }
    this.#last = this.#pick();
    return this.#last;
  }

  /** Connects and disconnects with the host, each as late as this client notices. */
  #follow(connection: Connection): void {
    const { clock, random } = this.#options;
    let lostAtMs = 0;
    let changes = 0;
    connection.host.watch(({ isUp, noticedAtMs }) => {
      const change = ++changes;
      lostAtMs = isUp ? lostAtMs : noticedAtMs;
      const nowMs = clock.nowMs();
      const atMs = isUp ? reconnectedAtMs(lostAtMs, nowMs, random) : noticedAtMs;
      const set = () => {
        if (change === changes) {
          connection.isReady = isUp;
          connection.heard = undefined;
          this.#pick = undefined;
        }
      };
      if (atMs <= nowMs) {
        set();
      } else {
        clock.at(atMs, set);
      }
    });
  }

  #until(atMs: number): Promise<void> {
    return new Promise((resolve) => this.#options.clock.at(atMs, resolve));
  }
}
