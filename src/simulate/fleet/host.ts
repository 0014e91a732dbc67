import { at } from '../../base/at.ts';
import type { Load } from '../../observe/load-meter.ts';
import {
  type BatchEvent,
  type Ending,
  SimulatedServer,
  type ServerOptions,
} from '../server/simulated-server.ts';
import type { Arrival } from '../traffic/traffic-streams.ts';

/** Why a host takes no calls: it refuses connections, or has vanished without closing them. */
export type Absence = 'refusing' | 'silent';

/** Called when the host stops taking calls, with when clients notice that, or takes them again. */
export type Watch = (change: { readonly isUp: boolean; readonly noticedAtMs: number }) => void;

interface OpenCall {
  readonly deadlineAtMs: number;
  /** Whether the answer of the server can no longer arrive. */
  isCut: boolean;
  readonly end: (ending: Ending | undefined) => void;
}

/**
 * A place for a server, which outlives it: after a failure another one starts there, without
 * anything that the first one had learnt.
 */
export class Host {
  server: SimulatedServer;
  /** The server, and those that were here before it. */
  readonly #servers: SimulatedServer[];
  readonly #options: ServerOptions;
  readonly #watches: Watch[] = [];
  #calls = new Set<OpenCall>();
  #absence: Absence | undefined;
  #noticedAtMs = 0;

  constructor(options: ServerOptions) {
    this.#options = options;
    this.server = new SimulatedServer(options);
    this.#servers = [this.server];
  }

  /** The replicas of all its servers; those of the same name count as one. */
  get replicas(): readonly { readonly name: string; readonly busyMs: number }[] {
    return this.server.replicas.map(({ name }, i) => ({
      name,
      busyMs: this.#servers.reduce((sum, { replicas }) => sum + at(replicas, i).busyMs, 0),
    }));
  }

  get batches(): readonly BatchEvent[] {
    return this.#servers.flatMap(({ batches }) => batches);
  }

  watch(watch: Watch): void {
    this.#watches.push(watch);
  }

  load(): Load {
    return this.server.load();
  }

  /**
   * Resolves with undefined for UNAVAILABLE. A call to a silent host ends with that once its client
   * notices, or at its deadline.
   */
  call(arrival: Arrival, deadlineAtMs: number): Promise<Ending | undefined> {
    if (this.#absence === 'refusing') {
      return Promise.resolve(undefined);
    }
    const calls = this.#calls;
    return new Promise((resolve) => {
      const call: OpenCall = {
        deadlineAtMs,
        isCut: false,
        end: (ending) => {
          if (calls.delete(call)) {
            resolve(ending);
          }
        },
      };
      calls.add(call);
      if (this.#absence === 'silent') {
        this.#abandon(call);
      } else {
        void this.server.rank(arrival, deadlineAtMs).then((ending) => {
          if (!call.isCut) {
            call.end(ending);
          }
        });
      }
    });
  }

  /** The process ends: its connections are closed and its calls are lost at once. */
  crash(): void {
    this.#leave('refusing', this.#options.clock.nowMs());
    this.#calls.forEach((call) => call.end(undefined));
  }

  /** The machine or its network is gone: clients wait until `detectMs` has passed. */
  vanish(detectMs: number): void {
    this.#leave('silent', this.#options.clock.nowMs() + detectMs);
    this.#calls.forEach((call) => this.#abandon(call));
  }

  /** Takes no new calls; those that it has are answered. */
  drain(): void {
    this.#leave('refusing', this.#options.clock.nowMs());
  }

  /** A new server takes the place. */
  start(): void {
    this.server = new SimulatedServer(this.#options);
    this.#servers.push(this.server);
    this.#calls = new Set();
    this.#absence = undefined;
    this.#tell(true);
  }

  #leave(absence: Absence, noticedAtMs: number): void {
    this.#absence = absence;
    this.#noticedAtMs = noticedAtMs;
    this.#tell(false);
  }

  #abandon(call: OpenCall): void {
    const { clock } = this.#options;
    call.isCut = true;
    clock.at(Math.min(call.deadlineAtMs, this.#noticedAtMs), () => call.end(undefined));
  }

  #tell(isUp: boolean): void {
    this.#watches.forEach((watch) => watch({ isUp, noticedAtMs: this.#noticedAtMs }));
  }
}
