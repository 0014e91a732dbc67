// Original file: proto/slmrank/v1/ranking.proto


/**
 * Wall time per stage, in milliseconds. Stages of different batches overlap, so their sum may
 * differ from the total.
 */
export interface WireStageTimesInput {
  'encodeMs'?: (number | string);
  /**
   * From the end of encoding to the dispatch of the first batch.
   */
  'queueMs'?: (number | string);
  /**
   * From the first dispatch to the last result, including waits between batches.
   */
  'runMs'?: (number | string);
  'totalMs'?: (number | string);
}

/**
 * Wall time per stage, in milliseconds. Stages of different batches overlap, so their sum may
 * differ from the total.
 */
export interface WireStageTimes {
  'encodeMs': (number);
  /**
   * From the end of encoding to the dispatch of the first batch.
   */
  'queueMs': (number);
  /**
   * From the first dispatch to the last result, including waits between batches.
   */
  'runMs': (number);
  'totalMs': (number);
}
