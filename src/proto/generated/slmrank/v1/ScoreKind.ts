// Original file: proto/slmrank/v1/ranking.proto

/**
 * How `Result.score` is expressed.
 */
export const ScoreKind = {
  /**
   * The server's default: probability.
   */
  SCORE_KIND_UNSPECIFIED: 'SCORE_KIND_UNSPECIFIED',
  /**
   * p(yes) among the two label words, 0 to 1. Orders well; it is not a calibrated probability.
   */
  SCORE_KIND_PROBABILITY: 'SCORE_KIND_PROBABILITY',
  /**
   * logit(yes) - logit(no): any real number, 0 where the model is undecided.
   */
  SCORE_KIND_LOGIT: 'SCORE_KIND_LOGIT',
} as const;

/**
 * How `Result.score` is expressed.
 */
export type WireScoreKindInput =
  /**
   * The server's default: probability.
   */
  | 'SCORE_KIND_UNSPECIFIED'
  | 0
  /**
   * p(yes) among the two label words, 0 to 1. Orders well; it is not a calibrated probability.
   */
  | 'SCORE_KIND_PROBABILITY'
  | 1
  /**
   * logit(yes) - logit(no): any real number, 0 where the model is undecided.
   */
  | 'SCORE_KIND_LOGIT'
  | 2

/**
 * How `Result.score` is expressed.
 */
export type WireScoreKind = typeof ScoreKind[keyof typeof ScoreKind]
