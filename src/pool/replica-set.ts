import type { ReplicaDescription } from '../rank.ts';
import type { BatchRunner } from '../schedule/batch.ts';
import type { Replica } from './replica.ts';

/** What the replicas offer together: the ready ones, and how many are loading or will be tried again. */
export interface Offer {
  readonly runners: readonly BatchRunner[];
  readonly coming: number;
}

/** All replicas of one model. */
export class ReplicaSet {
  readonly #replicas: readonly Replica[];
  #started: Promise<void> | undefined;

  constructor(replicas: readonly Replica[]) {
    this.#replicas = replicas;
  }

  /** Loads and warms all at once. @throws RankError `unavailable` as soon as one fails. */
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
      if (
        state.phase === 'loading' ||
        (state.phase === 'failed' && state.retryAtMs !== undefined)
      ) {
        coming += 1;
      }
    }
    return { runners, coming };
  }

  describe(): readonly ReplicaDescription[] {
    return this.#replicas.map((replica) => replica.describe());
  }

  /** Finishes what runs, then ends every thread. */
  async drain(): Promise<void> {
    await Promise.all(this.#replicas.map((replica) => replica.drain()));
  }
}
