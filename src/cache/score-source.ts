import type { Urgency } from './flight.ts';
import type { ScoresByKey } from './score-cache.ts';

export interface ScoreCall extends Urgency {
  /** Aborts when the caller has gone. */
  readonly signal: AbortSignal;
  /** At the deadline, answer with what is scored instead of failing. */
  readonly partialOk: boolean;
}

/**
 * Where the scores of some keys will come from: this request runs `keys` itself and publishes their
 * scores; the scores of all other keys come from the runs of other requests.
 */
export interface Claim {
  /** Without duplicates. */
  readonly keys: readonly string[];
  /** Aborts when no request wants the scores of `keys` any more. */
  readonly signal: AbortSignal;
  /** The scores of `keys`, without those that the deadline cut off. */
  publish(scores: ScoresByKey): void;
  /**
   * The scores that other requests published before this call's deadline or `release`. Never
   * rejects.
   */
  readonly followed: Promise<readonly ScoresByKey[]>;
  /**
   * Must be called if nothing can be published: one of the waiting requests then takes over.
   */
  release(): void;
}

/** Where the scores of a request come from. */
export interface ScoreSource {
  /** Brings scores of other servers here; undefined if there is nothing to wait for. No throws. */
  fetch(keys: readonly string[], call: ScoreCall): Promise<void> | undefined;
  /** The scores that are known already. */
  lookUp(keys: readonly string[]): ScoresByKey;
  /** The keys that a request of this urgency would have to run itself if it claimed these now. */
  findUnclaimed(keys: readonly string[], urgency: Urgency): readonly string[];
  claim(keys: readonly string[], call: ScoreCall): Claim;
}

/** Keeps and shares nothing: every request runs all of its candidates. */
export const ownRuns: ScoreSource = {
  fetch: () => undefined,
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
