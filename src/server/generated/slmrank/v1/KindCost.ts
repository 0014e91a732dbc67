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
}
