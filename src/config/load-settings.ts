import { choiceSetting, countSetting, type Setting } from './setting.ts';

/**
 * Settings that reduce work under load: score cache, ranking depth, buckets, order of the queue.
 */
export interface LoadSettings {
  /** Capacity of the score cache. 0 also turns off the sharing of runs between equal requests. */
  readonly cacheEntries: number;
  readonly cacheTtlMs: number;
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
      why: 'Each takes about 180 bytes, up to 420 of the process. 0 turns the score cache off, as measuring the model needs.',
    }),
    cacheTtlMs: countSetting([1, 604_800_000], {
      unit: 'ms',
      default: '900000',
      why: 'A score is exact for as long as its text is; the bound is on memory spent on what nobody asks again.',
    }),
    depthFloor: countSetting([1, 100_000], {
      unit: 'candidates',
      default: '130',
      why: 'Least depth of requests with adaptive_depth, however high the load; refused where so many cannot end in time.',
    }),
    depthCeiling: countSetting([1, 100_000], {
      unit: 'candidates',
      default: '250',
      why: 'Their depth without load and with time enough: the most that is worth ranking.',
    }),
    depthTargetMs: countSetting([1, 60_000], {
      unit: 'ms',
      default: '200',
      why: 'Queued work beyond which depth falls. Less than half the latency that is promised.',
    }),
    tuneBuckets: choiceSetting(['apply', 'propose', 'off'], {
      default: 'propose',
      why: 'propose measures what other buckets would save and says so; apply uses them for new requests.',
    }),
    agingMs: countSetting([1, 3_600_000], {
      unit: 'ms',
      default: '1000',
      why: 'Less brings requests without a deadline forward, at the cost of those with one.',
    }),
    deferrableWaitMs: countSetting([0, 86_400_000], {
      unit: 'ms',
      default: '0',
      why: 'Deferrable requests run in spare capacity only; past this wait they count as interactive. 0: never.',
    }),
  };
