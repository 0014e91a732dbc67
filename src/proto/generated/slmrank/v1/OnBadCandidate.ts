// Original file: proto/slmrank/v1/ranking.proto

/**
 * What becomes of candidates that cannot be scored; SkipReason has the list.
 */
export const OnBadCandidate = {
  /**
   * The server's default: refuse.
   */
  ON_BAD_CANDIDATE_UNSPECIFIED: 'ON_BAD_CANDIDATE_UNSPECIFIED',
  /**
   * Refuse the request with INVALID_ARGUMENT naming them.
   */
  ON_BAD_CANDIDATE_REFUSE: 'ON_BAD_CANDIDATE_REFUSE',
  /**
   * Score the others. Bad ones are never read by the model; they come back among the results that are not scored.
   */
  ON_BAD_CANDIDATE_SKIP: 'ON_BAD_CANDIDATE_SKIP',
} as const;

/**
 * What becomes of candidates that cannot be scored; SkipReason has the list.
 */
export type WireOnBadCandidateInput =
  /**
   * The server's default: refuse.
   */
  | 'ON_BAD_CANDIDATE_UNSPECIFIED'
  | 0
  /**
   * Refuse the request with INVALID_ARGUMENT naming them.
   */
  | 'ON_BAD_CANDIDATE_REFUSE'
  | 1
  /**
   * Score the others. Bad ones are never read by the model; they come back among the results that are not scored.
   */
  | 'ON_BAD_CANDIDATE_SKIP'
  | 2

/**
 * What becomes of candidates that cannot be scored; SkipReason has the list.
 */
export type WireOnBadCandidate = typeof OnBadCandidate[keyof typeof OnBadCandidate]
