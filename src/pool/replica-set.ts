import type { DeviceSlot } from '../config/config.ts';
import { RankError } from '../base/errors.ts';
import type { ReplicaDescription } from '../domain/rank.ts';
import type { BatchRunner } from '../batch/packed-batch.ts';
import type { Replica } from './replica.ts';

/** The ready replicas, and how many are loading or will be loaded again soon. */
export interface Offer {
  readonly runners: readonly BatchRunner[];
  readonly coming: number;
}

/** All replicas of one model. They can be changed while they serve. */
export class ReplicaSet {
  readonly #open: (slot: DeviceSlot) => Replica;
  #replicas: readonly Replica[];
  #started: Promise<void> | undefined;
  #isDraining = false;
  #lastChange: Promise<void> = Promise.resolve();

  /** `open` creates a replica that is not loaded yet. */
  constructor(slots: readonly DeviceSlot[], open: (slot: DeviceSlot) => Replica) {
    this.#open = open;
    this.#replicas = slots.map(open);
  }

  get slots(): readonly DeviceSlot[] {
    return this.#replicas.map(({ slot }) => slot);
  }

  /** Loads and warms all in parallel. @throws RankError `unavailable` as soon as one fails. */
  warm(): Promise<void> {
    this.#started ??= Promise.all(this.#replicas.map((replica) => replica.start())).then(
      () => undefined,
    );
    return this.#started;
  }

  offer(): Offer {
    const runners: BatchRunner[] = [];
    let coming = 0;
    for (const { state } of this.#replicas) {
      if (state.phase === 'ready') {
        runners.push(state.runner);
      }
      if (state.phase === 'loading' || state.phase === 'failed') {
        coming += 1;
      }
    }
    return { runners, coming };
  }

  describe(): readonly ReplicaDescription[] {
    return this.#replicas.map((replica) => replica.describe());
  }

  /**
   * Changes the replicas to those of the given slots. New ones are warm before old ones are
   * drained. Resolves when the old ones have closed. Waits for a change that is under way.
   *
   * @throws RankError `unavailable` when a new one does not load; then nothing has changed.
   */
  resize(slots: readonly DeviceSlot[]): Promise<void> {
    return this.#inTurn(() => this.#resize(slots));
  }

  /** Removes one slot. @throws RankError `not-found`, or `failed-precondition` for the last one. */
  drainReplica(name: string): Promise<void> {
    return this.#inTurn(async () => {
      const { slot } = this.#find(name);
      this.#assertOthers(name);
      await this.#resize(this.slots.filter((other) => other !== slot));
    });
  }

  /**
   * Takes one slot out of service until it is released. Resolves when its batches are done and its
   * memory is free.
   *
   * @throws RankError `not-found`, or `failed-precondition` when no other replica is ready.
   */
  async quarantine(name: string, reason: string): Promise<void> {
    const replica = this.#find(name);
    this.#assertOthers(name);
    await replica.quarantine(reason);
  }

  /**
   * Loads a quarantined or failed slot again at once.
   *
   * @throws RankError `not-found`, or `unavailable` when it does not load.
   */
  async release(name: string): Promise<void> {
    await this.#find(name).start();
  }

  /** Finishes running batches, then ends every thread. Later changes are refused. */
  async drain(): Promise<void> {
    this.#isDraining = true;
    await Promise.all(this.#replicas.map((replica) => replica.drain()));
  }

  async #inTurn(change: () => Promise<void>): Promise<void> {
    const mine = this.#lastChange.then(change);
    this.#lastChange = mine.catch(() => undefined);
    await mine;
  }

  async #resize(slots: readonly DeviceSlot[]): Promise<void> {
    if (this.#isDraining) {
      throw new RankError('unavailable', 'the server is draining');
    }
    const before = this.#replicas;
    const keep = (slot: DeviceSlot) => before.find((replica) => isSameSlot(replica.slot, slot));
    const after = slots.map((slot) => keep(slot) ?? this.#open(slot));
    const added = after.filter((replica) => !before.includes(replica));
    this.#replicas = [...before, ...added];
    const started = await Promise.allSettled(added.map((replica) => replica.start()));
    const problem = started.find((outcome) => outcome.status === 'rejected');
    await this.#keepOnly(problem === undefined ? after : before);
    if (problem !== undefined) {
      throw RankError.from(problem.reason);
    }
  }

  async #keepOnly(kept: readonly Replica[]): Promise<void> {
    const leaving = this.#replicas.filter((replica) => !kept.includes(replica));
    await Promise.all(leaving.map((replica) => replica.drain()));
    this.#replicas = kept;
  }

  #find(name: string): Replica {
    const replica = this.#replicas.find(({ slot }) => slot.name === name);
    if (replica === undefined) {
      const names = this.slots.map((slot) => slot.name).join(', ');
      throw new RankError('not-found', `no replica runs on '${name}'; there are ${names}`, {
        reason: 'SLOT_NOT_FOUND',
        violations: [{ field: 'slot', description: `'${name}' is not one of ${names}` }],
      });
    }
    return replica;
  }

  #assertOthers(name: string): void {
    const isServed = this.#replicas.some(
      ({ slot, state }) => slot.name !== name && state.phase === 'ready',
    );
    if (!isServed) {
      throw new RankError('failed-precondition', `no replica besides ${name} is ready`, {
        reason: 'LAST_REPLICA',
        violations: [
          { field: 'slot', description: 'is the last one that is ready; add another first' },
        ],
      });
    }
  }
}

function isSameSlot(a: DeviceSlot, b: DeviceSlot): boolean {
  return a.name === b.name && a.threads === b.threads;
}
