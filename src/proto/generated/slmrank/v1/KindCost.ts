// Original file: proto/slmrank/v1/admin.proto


/**
 * What device slots of one kind have in common.
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
   * For each packed token.
   */
  'tokenMs'?: (number | string);
  /**
   * For each slot of an attention tile, padding included: rows times keys.
   */
  'slotMs'?: (number | string);
  /**
   * Of the runs seen: for runs whose slots are not known.
   */
  'slotsPerToken'?: (number | string);
  /**
   * The newest 1,000 runs in order of time: how long each took over what this table says of it. For `slmrank simulate`.
   */
  'runRatios'?: (number | string)[];
  /**
   * Of the newest 1,000 batches likewise: milliseconds to the replica and back, the run itself not counted.
   */
  'handoverMs'?: (number | string)[];
}

/**
 * What device slots of one kind have in common.
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
   * For each packed token.
   */
  'tokenMs': (number);
  /**
   * For each slot of an attention tile, padding included: rows times keys.
   */
  'slotMs': (number);
  /**
   * Of the runs seen: for runs whose slots are not known.
   */
  'slotsPerToken': (number);
  /**
   * The newest 1,000 runs in order of time: how long each took over what this table says of it. For `slmrank simulate`.
   */
  'runRatios': (number)[];
  /**
   * Of the newest 1,000 batches likewise: milliseconds to the replica and back, the run itself not counted.
   */
  'handoverMs': (number)[];
}
