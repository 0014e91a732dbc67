import type { Urgency } from './flight.ts';
import type { ScoresByKey } from './score-cache.ts';

export interface ScoreCall extends Urgency {
  /** Aborts when the caller has gone. */
  readonly signal: AbortSignal;
  /** At the deadline, answer with what is scored instead of failing. */
  readonly partialOk: boolean;
}

/**
 * How the scores of some keys will come: this request runs `keys` itself and publishes their
 * scores, and receives those of all other keys from the runs of other requests.
 */
export interface Claim {
  /** Each one once. */
  readonly keys: readonly string[];
  /** Aborts when no request wants the scores of `keys` any more. */
  readonly signal: AbortSignal;
  /** For `keys`; lacks what the deadline cut off. */
  publish(scores: ScoresByKey): void;
  /**
   * What other requests published until this call's deadline, or until `release`. Never rejects.
   */
  readonly followed: Promise<readonly ScoresByKey[]>;
  /**
   * Has to be called when nothing can be published: then one of the waiting requests takes over.
   */
  release(): void;
}

/** Where the scores of a request come from. */
export interface ScoreSource {
  /** The scores that are known already. */
  lookUp(keys: readonly string[]): ScoresByKey;
  /** The keys that a request of this urgency would have to run itself if it claimed these now. */
  findUnclaimed(keys: readonly string[], urgency: Urgency): readonly string[];
  claim(keys: readonly string[], call: ScoreCall): Claim;
}

/** Nothing is kept and nothing is shared: every request runs all of its candidates. */
export const ownRuns: ScoreSource = {
  lookUp: () => new Map(),
  findUnclaimed: (keys) => keys,
  claim: (keys, { signal }) => ({
    keys,
    signal,
    publish: () => undefined,
    followed: Promise.resolve([]),
    release: () => undefined,
  }),
};
