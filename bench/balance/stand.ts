import { Client, credentials } from '@grpc/grpc-js';
import { at } from '../../src/base/at.ts';
import { createRandom } from '../../src/base/random.ts';
import { chaosModel } from '../chaos/chaos-model.ts';
import { type FleetOptions, type PacedServer, startFleet, startPaced } from '../fleet/fleet.ts';
import { fetchMetrics, readCounters } from '../suite/server/server-record.ts';
import { Sender } from '../suite/traffic/sender.ts';
import { saturate } from '../suite/traffic/play.ts';
import { type Load, reportMethod } from './load-of.ts';
import { makeRequests, type Requests } from './requests.ts';

/** The run time of a batch on the fastest server: small enough for two cores, and real in shape. */
const cost = { fixedMs: 15, tokenMs: 0.06, slotMs: 0 };
const spread = 0.15;

export interface StandOptions {
  /** Of each server: its run time over that of the cost. */
  readonly factors: readonly number[];
  readonly replicas: number;
  readonly out: string;
  readonly seed: number;
}

/** The servers under test. */
export class Stand {
  readonly requests: Requests;
  readonly #options: StandOptions;
  readonly #fleet: FleetOptions;
  readonly #servers: PacedServer[];

  private constructor(options: StandOptions, fleet: FleetOptions, servers: PacedServer[]) {
    this.#options = options;
    this.#fleet = fleet;
    this.#servers = servers;
    this.requests = makeRequests(200, createRandom(options.seed));
  }

  static async start(options: StandOptions): Promise<Stand> {
    const { factors, replicas, out, seed } = options;
    const model = await chaosModel('tiny', 'llama', out);
    const fleet: FleetOptions = { model, cost, spread, seed };
    const servers = await startFleet(
      fleet,
      factors.map((factor) => ({ factor, replicas })),
    );
    return new Stand(options, fleet, [...servers]);
  }

  get addresses(): readonly string[] {
    return this.#servers.map(({ address }) => address);
  }

  /**
   * Candidates per second of each server alone, by a closed loop on all of them. Other work on this
   * machine slows the fastest most, so the rate of each follows from the best and their factors.
   */
  async capacities(seconds: number): Promise<readonly number[]> {
    const { factors } = this.#options;
    const rates = await this.#saturate(seconds);
    const best = Math.max(...rates.map((rate, place) => rate * at(factors, place)));
    return factors.map((factor) => best / factor);
  }

  async #saturate(seconds: number): Promise<readonly number[]> {
    const messages = this.requests.messages.map((bytes, place) => ({
      bytes: Buffer.from(bytes),
      candidates: at(this.requests.candidates, place),
      packedTokens: 0,
    }));
    return await Promise.all(
      this.addresses.map(async (address) => {
        const sender = new Sender(address, 1);
        await sender.connect(10_000);
        const ends = await saturate(sender, 'capacity', { messages, inFlight: 12, seconds });
        sender.close();
        return ends.reduce((sum, { scored }) => sum + scored, 0) / seconds;
      }),
    );
  }

  /** Requests that each server has answered with scores; 0 for one that does not run. */
  async answered(): Promise<readonly number[]> {
    return await Promise.all(
      this.#servers.map(({ metricsAddress }) =>
        fetchMetrics(metricsAddress).then(
          (text) => readCounters(text)?.scored ?? 0,
          () => 0,
        ),
      ),
    );
  }

  /** What each server reports to clients that balance by load. */
  async loads(): Promise<readonly Load[]> {
    return await Promise.all(this.addresses.map(readLoad));
  }

  async kill(place: number): Promise<void> {
    await at(this.#servers, place).kill();
  }

  /** The server answers nothing from now on and closes nothing, as a machine without power. */
  freeze(place: number): void {
    process.kill(at(this.#servers, place).pid, 'SIGSTOP');
  }

  thaw(place: number): void {
    process.kill(at(this.#servers, place).pid, 'SIGCONT');
  }

  async drain(place: number): Promise<void> {
    await at(this.#servers, place).stop();
  }

  /** Starts a server again where it was. */
  async restart(place: number): Promise<void> {
    const { factors, replicas } = this.#options;
    const { address } = at(this.#servers, place);
    const server = { factor: at(factors, place), replicas, address };
    this.#servers[place] = await startPaced(this.#fleet, server);
  }

  async stop(): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.stop()));
  }
}

function readLoad(address: string): Promise<Load> {
  const client = new Client(address, credentials.createInsecure());
  const { path, serialize, deserialize } = reportMethod;
  const call = client.makeServerStreamRequest(path, serialize, deserialize, {});
  return new Promise<Load>((resolve, reject) => {
    call.once('data', resolve);
    call.once('error', reject);
  }).finally(() => {
    call.removeAllListeners('error');
    call.on('error', () => undefined);
    call.cancel();
    client.close();
  });
}
