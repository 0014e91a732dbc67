import { choiceSetting, countSetting, type Setting } from './setting.ts';

/**
 * Settings that reduce work under load: score cache, ranking depth, buckets, order of the queue.
 */
export interface LoadSettings {
  /** Capacity of the score cache. 0 also turns off the sharing of runs between equal requests. */
  readonly cacheEntries: number;
  readonly cacheTtlMs: number;
  /** Room for candidates' keys and values, in 2^20 bytes. 0: every candidate is computed. */
  readonly statesMb: number;
  /**
   * Candidates that a request with adaptive depth may have scored, at full load and without load.
   */
  readonly depthFloor: number;
  readonly depthCeiling: number;
  /** The queue length, in milliseconds of work, above which depth falls. */
  readonly depthTargetMs: number;
  readonly tuneBuckets: 'apply' | 'propose' | 'off';
  /**
   * A request without a deadline, or with a later one, is ordered as if due this long after
   * arrival.
   */
  readonly agingMs: number;
  /** A deferrable request counts as interactive after this wait. 0 means never. */
  readonly deferrableWaitMs: number;
}

export const loadSettings: { readonly [Name in keyof LoadSettings]: Setting<LoadSettings[Name]> } =
  {
    cacheEntries: countSetting([0, 10_000_000], {
      unit: 'scores',
      default: '200000',
      why: 'Each score takes about 180 bytes (up to 420 bytes of process memory). 0 turns the score cache off; use that to measure the model.',
    }),
    cacheTtlMs: countSetting([1, 604_800_000], {
      unit: 'ms',
      default: '900000',
      why: 'How long a score is kept. Scores do not become wrong with time; this limits the memory for scores that are not needed again.',
    }),
    // A Uint16Array has fewer than 2^32 elements.
    statesMb: countSetting([0, 8000], {
      unit: 'MB',
      default: '0',
      why: 'Memory for the keys and values of candidates, about 9 kB a token for the bundled model: a candidate that is ranked again costs the tokens of the query only. For candidate-first templates on CPU. Turn it on when the same candidates come again with other queries; scores get a fingerprint of their own.',
    }),
    depthFloor: countSetting([1, 100_000], {
      unit: 'candidates',
      default: '130',
      why: 'Fewest candidates that are scored with adaptive_depth at any load. The request is refused if they cannot finish in time.',
    }),
    depthCeiling: countSetting([1, 100_000], {
      unit: 'candidates',
      default: '250',
      why: 'Most candidates that are scored with adaptive_depth, without load and with enough time.',
    }),
    depthTargetMs: countSetting([1, 60_000], {
      unit: 'ms',
      default: '200',
      why: 'Depth is reduced when the queued work takes longer than this. Set it below half of the promised latency.',
    }),
    tuneBuckets: choiceSetting(['apply', 'propose', 'off'], {
      default: 'propose',
      why: 'propose measures and logs what other buckets would save; apply uses them for new requests.',
    }),
    agingMs: countSetting([1, 3_600_000], {
      unit: 'ms',
      default: '1000',
      why: 'A request without a deadline (or with a later one) is ordered as if it were due after this time. Lower values favour such requests over those with earlier deadlines.',
    }),
    deferrableWaitMs: countSetting([0, 86_400_000], {
      unit: 'ms',
      default: '0',
      why: 'Deferrable requests run only in spare capacity. After this wait they count as interactive; 0 means never.',
    }),
  };
