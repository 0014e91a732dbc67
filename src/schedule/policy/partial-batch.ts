import { clamp } from '../../base/clamp.ts';
import type { WaitingRequest } from './view.ts';

/**
 * A request that takes a part of its answer has nothing of a batch that is still running at its deadline. Its batches
 * are to take so much of the time left, by forecast: several end even when runs take four times as long as forecast.
 */
const part = 1 / 8;
/** Half of what is left at most, however much a batch costs: the last ones are not to end at the very deadline. */
const most = 1 / 2;
/** But at least so many times what each batch costs before its first candidate: the run itself and the prefix. */
const worth = 2;

export interface PartialBatch {
  /** From when the batch can start to the deadline. */
  readonly leftMs: number;
  /** Packed tokens that the batch may hold for other reasons. */
  readonly cap: number;
}

/**
 * Packed tokens of a batch whose head takes a partial answer: `cap` or less. Below one row (prefix and candidate) it
 * still runs one. `runMs` is the forecast of a run of so many packed tokens: it grows evenly, 0 when nothing is known.
 */
export function capPartial(
  { prefixTokens }: Pick<WaitingRequest, 'prefixTokens'>,
  { leftMs, cap }: PartialBatch,
  runMs: (packedTokens: number) => number,
): number {
  const emptyMs = runMs(Math.min(prefixTokens, cap));
  const fullMs = runMs(cap);
  const wantMs = clamp(leftMs * part, worth * emptyMs, leftMs * most);
  if (fullMs <= wantMs) {
    return cap;
  }
  if (wantMs <= emptyMs) {
    return 0;
  }
  return prefixTokens + ((cap - prefixTokens) * (wantMs - emptyMs)) / (fullMs - emptyMs);
}
