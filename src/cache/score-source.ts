import type { Landed, Urgency } from './flight.ts';

export interface ScoreCall extends Urgency {
  /** Aborted when the caller has gone. */
  readonly signal: AbortSignal;
  /** At the deadline, settle with what is scored rather than fail. */
  readonly partialOk: boolean;
}

/**
 * Scores the candidates of these keys; lacks what the deadline left out. Told to stop when nobody wants them any more.
 * Fails as a whole.
 */
export type Execute = (keys: readonly string[], signal: AbortSignal) => Promise<Landed>;

export interface Collected {
  readonly scores: Landed;
  /** The keys that were run for this request. */
  readonly executed: ReadonlySet<string>;
}

/** Where a request's scores come from. */
export interface ScoreSource {
  /** What is known of these, without waiting. */
  lookUp(keys: readonly string[]): Landed;
  /** Of these keys, those that a request of this urgency would have to run itself. */
  toRun(keys: readonly string[], urgency: Urgency): readonly string[];
  /**
   * The scores of all keys: what was looked up, and the rest. Whole, or lacking what the deadline left out when
   * `partialOk` allows it.
   *
   * @throws RankError
   */
  collect(
    keys: readonly string[],
    found: Landed,
    call: ScoreCall,
    execute: Execute,
  ): Promise<Collected>;
}

/** Every score from a run of its own. */
export const ownRuns: ScoreSource = {
  lookUp: () => new Map(),
  toRun: (keys) => keys,
  async collect(keys, _found, { signal }, execute) {
    const scores = await execute(keys, signal);
    return { scores, executed: new Set(keys) };
  },
};
