// Original file: proto/slmrank/v1/ranking.proto


/**
 * Where the time went, in milliseconds of wall time. Stages of different batches overlap, so they need not sum to total.
 */
export interface WireStageTimesInput {
  'encodeMs'?: (number | string);
  /**
   * From encoded to the first batch being dispatched.
   */
  'queueMs'?: (number | string);
  /**
   * From first dispatch to last result, including waits between batches.
   */
  'runMs'?: (number | string);
  'totalMs'?: (number | string);
}

/**
 * Where the time went, in milliseconds of wall time. Stages of different batches overlap, so they need not sum to total.
 */
export interface WireStageTimes {
  'encodeMs': (number);
  /**
   * From encoded to the first batch being dispatched.
   */
  'queueMs': (number);
  /**
   * From first dispatch to last result, including waits between batches.
   */
  'runMs': (number);
  'totalMs': (number);
}
