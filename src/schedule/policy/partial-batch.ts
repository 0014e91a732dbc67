/**
 * The share of the time left, as predicted, that one batch of a partial answer may take. A batch
 * still running at the deadline adds nothing to the answer; at an eighth, several batches finish
 * even if runs take four times as long as predicted.
 */
const batchShare = 1 / 8;
/** The most of the time left, however costly a batch is, so that the last one ends well in time. */
const maxBatchShare = 1 / 2;
/**
 * At least this multiple of what a batch costs without candidates: the run itself and the prefix.
 */
const minCostRatio = 2;

export interface PartialBatch {
  /** The head's prefix: that of the request the batch starts with. */
  readonly prefixTokens: number;
  /** From the earliest start of the batch to the deadline. */
  readonly leftMs: number;
  /** Packed tokens that the batch may hold for other reasons. */
  readonly cap: number;
}

/**
 * Packed tokens of a batch whose head accepts a partial answer: at most `cap`. If the result is
 * below one row (prefix and candidate), the batch still holds one row.
 *
 * `runMs` predicts the run of a batch with this many tokens; it is linear, or 0 if nothing is
 * known.
 */
export function capPartial(
  { prefixTokens, leftMs, cap }: PartialBatch,
  runMs: (packedTokens: number) => number,
): number {
  const emptyMs = runMs(Math.min(prefixTokens, cap));
  const fullMs = runMs(cap);
  const targetMs = Math.min(
    Math.max(leftMs * batchShare, minCostRatio * emptyMs),
    leftMs * maxBatchShare,
  );
  if (fullMs <= targetMs) {
    return cap;
  }
  if (targetMs <= emptyMs) {
    return 0;
  }
  return prefixTokens + ((cap - prefixTokens) * (targetMs - emptyMs)) / (fullMs - emptyMs);
}
