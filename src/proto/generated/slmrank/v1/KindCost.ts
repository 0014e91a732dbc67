// Original file: proto/slmrank/v1/admin.proto


/**
 * The cost of runs on one kind of device slot.
 */
export interface WireKindCostInput {
  /**
   * "cpu" or "cuda"
   */
  'kind'?: (string);
  /**
   * Runs seen.
   */
  'runs'?: (number);
  'fixedMs'?: (number | string);
  /**
   * Per packed token.
   */
  'tokenMs'?: (number | string);
  /**
   * Per attention-tile slot (a pair of a row and a key), padding included.
   */
  'slotMs'?: (number | string);
  /**
   * Mean over the runs seen. Used for runs whose slots are not known.
   */
  'slotsPerToken'?: (number | string);
  /**
   * Measured time over the time that this table predicts, for the latest 1,000 runs, oldest first.
   * Used by `slmrank simulate`.
   */
  'runRatios'?: (number | string)[];
  /**
   * Milliseconds to hand a batch to the replica and get the result back, without the run itself,
   * for the latest 1,000 batches, oldest first.
   */
  'handoverMs'?: (number | string)[];
}

/**
 * The cost of runs on one kind of device slot.
 */
export interface WireKindCost {
  /**
   * "cpu" or "cuda"
   */
  'kind': (string);
  /**
   * Runs seen.
   */
  'runs': (number);
  'fixedMs': (number);
  /**
   * Per packed token.
   */
  'tokenMs': (number);
  /**
   * Per attention-tile slot (a pair of a row and a key), padding included.
   */
  'slotMs': (number);
  /**
   * Mean over the runs seen. Used for runs whose slots are not known.
   */
  'slotsPerToken': (number);
  /**
   * Measured time over the time that this table predicts, for the latest 1,000 runs, oldest first.
   * Used by `slmrank simulate`.
   */
  'runRatios': (number)[];
  /**
   * Milliseconds to hand a batch to the replica and get the result back, without the run itself,
   * for the latest 1,000 batches, oldest first.
   */
  'handoverMs': (number)[];
}
