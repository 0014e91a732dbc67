import type { JsonRecord } from '../base/files/json-record.ts';

/** Changes the rotary frequencies `ropeTheta ** (-2 i / headDim)` for longer contexts. */
export interface RopeScaling {
  /** The divisor of each frequency. [headDim / 2] */
  readonly divisors: readonly number[];
  /** The factor of cosines and sines, for queries and keys. */
  readonly attentionFactor: number;
}

/** @throws RankError naming field, found and allowed. */
export function parseRopeScaling(json: JsonRecord, headDim: number): RopeScaling {
  const divisors = json.numbers('divisors');
  if (divisors.length !== headDim / 2 || divisors.some((each) => each <= 0)) {
    json.fail('divisors', `${headDim / 2} numbers above 0`);
  }
  return { divisors, attentionFactor: json.amount('attentionFactor') };
}
