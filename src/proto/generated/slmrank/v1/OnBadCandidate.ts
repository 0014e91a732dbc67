// Original file: proto/slmrank/v1/ranking.proto

/**
 * What happens to candidates that cannot be scored; SkipReason lists the reasons.
 */
export const OnBadCandidate = {
  /**
   * The server's default: refuse.
   */
  ON_BAD_CANDIDATE_UNSPECIFIED: 'ON_BAD_CANDIDATE_UNSPECIFIED',
  /**
   * Refuse the request with INVALID_ARGUMENT, naming the bad candidates.
   */
  ON_BAD_CANDIDATE_REFUSE: 'ON_BAD_CANDIDATE_REFUSE',
  /**
   * Skip them and score the others. The model never reads bad candidates; they are returned among
   * the results that are not scored.
   */
  ON_BAD_CANDIDATE_SKIP: 'ON_BAD_CANDIDATE_SKIP',
} as const;

/**
 * What happens to candidates that cannot be scored; SkipReason lists the reasons.
 */
export type WireOnBadCandidateInput =
  /**
   * The server's default: refuse.
   */
  | 'ON_BAD_CANDIDATE_UNSPECIFIED'
  | 0
  /**
   * Refuse the request with INVALID_ARGUMENT, naming the bad candidates.
   */
  | 'ON_BAD_CANDIDATE_REFUSE'
  | 1
  /**
   * Skip them and score the others. The model never reads bad candidates; they are returned among
   * the results that are not scored.
   */
  | 'ON_BAD_CANDIDATE_SKIP'
  | 2

/**
 * What happens to candidates that cannot be scored; SkipReason lists the reasons.
 */
export type WireOnBadCandidate = typeof OnBadCandidate[keyof typeof OnBadCandidate]
