// Original file: proto/slmrank/v1/ranking.proto

/**
 * Which text of a candidate the model read.
 */
export const TextSource = {
  /**
   * The text of the request.
   */
  TEXT_SOURCE_UNSPECIFIED: 'TEXT_SOURCE_UNSPECIFIED',
  /**
   * The stored item's summary, made near-line by the server's best compressor.
   */
  TEXT_SOURCE_SUMMARY: 'TEXT_SOURCE_SUMMARY',
  /**
   * The stored item's summary by the fast compressor: the near-line one has not reached the item
   * yet, or is not configured.
   */
  TEXT_SOURCE_FALLBACK: 'TEXT_SOURCE_FALLBACK',
  /**
   * The stored item's whole text, cut to the context budget: it has no summary yet.
   */
  TEXT_SOURCE_RAW: 'TEXT_SOURCE_RAW',
} as const;

/**
 * Which text of a candidate the model read.
 */
export type WireTextSourceInput =
  /**
   * The text of the request.
   */
  | 'TEXT_SOURCE_UNSPECIFIED'
  | 0
  /**
   * The stored item's summary, made near-line by the server's best compressor.
   */
  | 'TEXT_SOURCE_SUMMARY'
  | 1
  /**
   * The stored item's summary by the fast compressor: the near-line one has not reached the item
   * yet, or is not configured.
   */
  | 'TEXT_SOURCE_FALLBACK'
  | 2
  /**
   * The stored item's whole text, cut to the context budget: it has no summary yet.
   */
  | 'TEXT_SOURCE_RAW'
  | 3

/**
 * Which text of a candidate the model read.
 */
export type WireTextSource = typeof TextSource[keyof typeof TextSource]
