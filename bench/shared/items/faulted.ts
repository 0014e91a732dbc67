import { at } from '../../../src/base/at.ts';
import { systemClock } from '../../../src/base/clock.ts';
import { createRandom } from '../../../src/base/random.ts';
import type { Fault, Hands } from '../faults.ts';
import { type Quantiles, quantilesOf, round, timeOf } from './measure.ts';
import { benchItem, type BenchServer, isTrue } from './stores.ts';

export interface FaultedRow {
  readonly fault: string;
  readonly lookUps: number;
  readonly writes: number;
  /** Calls that were rejected. */
  readonly failed: number;
  /** Items that were not as somebody put them. */
  readonly wrong: number;
  readonly bad: number;
  readonly lookUp: Quantiles;
  readonly write: Quantiles;
  /** From the end of the fault until both servers have the same; undefined: not in time. */
  readonly sameAfterSeconds: number | undefined;
}

const ids = Array.from({ length: 200 }, (_, i) => `fault-${i}`);
const stepMs = 20;
const sameWithinMs = 60_000;

/** Writes and look-ups on both servers, which check what they read, while a fault lasts. */
export async function measureFaulted(
  servers: readonly BenchServer[],
  fault: Fault,
  { hands, seconds }: { readonly hands: Hands; readonly seconds: number },
): Promise<FaultedRow> {
  const load = new Load(servers);
  const badBefore = badOf(servers);
  await fault.begin(hands);
  const endAtMs = systemClock.nowMs() + 1000 * seconds;
  while (systemClock.nowMs() < endAtMs) {
    await Promise.all([load.step(), new Promise((resolve) => setTimeout(resolve, stepMs))]);
  }
  await fault.end?.(hands);
  hands.proxy.mend();
  const sameAfterSeconds = await untilSame(servers);
  await load.step();
  return {
    fault: fault.name,
    ...load.figures(),
    bad: badOf(servers) - badBefore,
    sameAfterSeconds,
  };
}

class Load {
  readonly #servers: readonly BenchServer[];
  readonly #random = createRandom(7);
  readonly #lookUpMs: number[] = [];
  readonly #writeMs: number[] = [];
  #failed = 0;
  #wrong = 0;

  constructor(servers: readonly BenchServer[]) {
    this.#servers = servers;
  }

  async step(): Promise<void> {
    await Promise.all(this.#servers.flatMap((server) => [this.#write(server), this.#read(server)]));
  }

  figures() {
    return {
      lookUps: this.#lookUpMs.length,
      writes: this.#writeMs.length,
      failed: this.#failed,
      wrong: this.#wrong,
      lookUp: quantilesOf(this.#lookUpMs),
      write: quantilesOf(this.#writeMs),
    };
  }

  async #write({ keeper }: BenchServer): Promise<void> {
    const id = this.#anyId();
    const version = Math.floor(systemClock.nowMs());
    const isDelete = this.#random() < 0.2;
    const work = async () => {
      await (isDelete
        ? keeper.store.delete([{ id, version: BigInt(version) }])
        : keeper.put([benchItem(id, version)]));
    };
    this.#writeMs.push(await timeOf(() => this.#count(work)));
  }

  async #read({ keeper }: BenchServer): Promise<void> {
    const asked = Array.from({ length: 20 }, () => this.#anyId());
    const work = async () => {
      const heads = await keeper.lookUp(asked);
      for (const [place, head] of heads.entries()) {
        this.#wrong += head === undefined || isTrue(at(asked, place), head) ? 0 : 1;
      }
    };
    this.#lookUpMs.push(await timeOf(() => this.#count(work)));
  }

  async #count(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch {
      this.#failed += 1;
    }
  }

  #anyId(): string {
    return at(ids, Math.floor(this.#random() * ids.length));
  }
}

async function untilSame(servers: readonly BenchServer[]): Promise<number | undefined> {
  const startedAtMs = systemClock.nowMs();
  while (systemClock.nowMs() < startedAtMs + sameWithinMs) {
    const states = servers.map(({ local }) => JSON.stringify(ids.map((id) => stateOf(local, id))));
    if (new Set(states).size === 1) {
      return round((systemClock.nowMs() - startedAtMs) / 1000);
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return undefined;
}

function stateOf(local: BenchServer['local'], id: string): string {
  const stored = local.stored(id);
  return stored.kind === 'item'
    ? `${stored.head.version} ${stored.head.contentHash}`
    : stored.kind === 'tombstone'
      ? `deleted ${stored.version}`
      : '';
}

function badOf(servers: readonly BenchServer[]): number {
  return servers.reduce((sum, { shared }) => sum + (shared?.state().bad ?? 0), 0);
}
