import type { JsonRecord } from '../base/files/json-record.ts';

/** How rotary positions depart from the frequencies `ropeTheta ** (-2 i / headDim)`: longer contexts than at first. */
export interface RopeScaling {
  /** By what each frequency is divided. [headDim / 2] */
  readonly divisors: readonly number[];
  /** What cosines and sines are multiplied by, of queries and of keys. */
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
