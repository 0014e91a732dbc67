// Original file: proto/slmrank/v1/ranking.proto

import type { WireCandidateInput as Wire_slmrank_v1_CandidateInput, WireCandidate as Wire_slmrank_v1_Candidate } from '../../slmrank/v1/Candidate.ts';
import type { WireScoreKindInput as Wire_slmrank_v1_ScoreKindInput, WireScoreKind as Wire_slmrank_v1_ScoreKind } from '../../slmrank/v1/ScoreKind.ts';
import type { WireTruncationInput as Wire_slmrank_v1_TruncationInput, WireTruncation as Wire_slmrank_v1_Truncation } from '../../slmrank/v1/Truncation.ts';
import type { WirePriorityInput as Wire_slmrank_v1_PriorityInput, WirePriority as Wire_slmrank_v1_Priority } from '../../slmrank/v1/Priority.ts';
import type { WireOnBadCandidateInput as Wire_slmrank_v1_OnBadCandidateInput, WireOnBadCandidate as Wire_slmrank_v1_OnBadCandidate } from '../../slmrank/v1/OnBadCandidate.ts';

export interface WireRankRequestInput {
  /**
   * The search query. Required.
   */
  'query'?: (string);
  /**
   * What "relevant" means for this query; the model's own instruction if absent.
   */
  'instruction'?: (string);
  /**
   * Facts about the searcher (a member's profile, a location), which the template places after the
   * query.
   */
  'context'?: (string);
  /**
   * 1 to GetInfoResponse.limits.candidates candidates. Required.
   */
  'candidates'?: (Wire_slmrank_v1_CandidateInput)[];
  /**
   * Most results to return, at least 1: the best ones, followed by those that were not scored. All
   * if absent.
   */
  'topN'?: (number);
  /**
   * Leave out results with a lower score (in the requested score_kind): 0 to 1 for a probability,
   * any finite number for a logit. Results that were not scored are still returned.
   */
  'minScore'?: (number | string);
  /**
   * Return each result's text and title.
   */
  'returnText'?: (boolean);
  'scoreKind'?: (Wire_slmrank_v1_ScoreKindInput);
  'truncation'?: (Wire_slmrank_v1_TruncationInput);
  /**
   * Most tokens of one candidate (title and text) that the model reads. If absent or larger than
   * the model's context budget, the context budget applies.
   */
  'maxCandidateTokens'?: (number);
  /**
   * The name of the model that must rank the request, as GetInfo returns it. Any model if absent.
   */
  'model'?: (string);
  /**
   * The caller's name for the request, at most 256 bytes of UTF-8. It is returned in the reply and
   * as the metadata x-request-id, and logged. It may be sent as the metadata x-request-id instead.
   * If absent, the server makes one up.
   */
  'requestId'?: (string);
  /**
   * At the deadline, return the candidates scored so far instead of failing. The others follow in
   * the order given, with `scored` false. Such a request runs in smaller batches, so that some of
   * them finish in time even if the server is slower than forecast.
   */
  'partialOk'?: (boolean);
  'priority'?: (Wire_slmrank_v1_PriorityInput);
  /**
   * Let the server choose how many candidates to score: the first ones in the order given, as many
   * as it forecasts to finish before the deadline, fewer under load, and never more than its
   * ceiling (250 by default). Usage.depth returns the number. The others follow in the order given,
   * with `scored` false. If not even its floor (130 by default) could finish in time, the request
   * is refused. List the candidates best first.
   */
  'adaptiveDepth'?: (boolean);
  /**
   * Neither read scores from the score cache nor store them there.
   */
  'noCache'?: (boolean);
  /**
   * The request's own timeout in milliseconds from when the server reads it, at most 3,600,000. The
   * earlier of this and the call's deadline applies, also for partial_ok and adaptive_depth; 0 or
   * absent: only the call's deadline. In a RankStream each request may have its own: when it
   * passes, the request is answered with DEADLINE_EXCEEDED (or with the scores so far) and the
   * stream continues.
   */
  'timeoutMs'?: (number);
  /**
   * Whether a bad candidate makes the server refuse the request or is skipped. Quotas do not count
   * candidates that are skipped because their texts are empty, blank or have too many bytes (but
   * count at least 1). They do count candidates that are skipped because of their tokens or because
   * nothing is left after normalization.
   */
  'onBadCandidate'?: (Wire_slmrank_v1_OnBadCandidateInput);
  /**
   * The largest message that the client accepts, in bytes (grpc.max_receive_message_length or the
   * equivalent). If absent: 4,194,304, the default of gRPC. A request whose reply may be larger is
   * refused before anything is computed. To avoid that, set top_n, do not set return_text, or raise
   * both this and the client's own limit.
   */
  'maxReplyBytes'?: (number);
  /**
   * Only the model with this score fingerprint may rank the request: RankResponse.score_fingerprint
   * or GetInfoResponse.score_fingerprint, 64 hexadecimal digits. For scores that have to be
   * comparable: pages or shards of one list, an experiment. A server with another model answers
   * UNAVAILABLE (WRONG_FINGERPRINT). Any model if absent. It may be sent as the metadata
   * slmrank-score-fingerprint instead, which proxies can route by, or as both; in a RankStream the
   * metadata holds for every request. In Tokenize and KServe's ModelInfer only the metadata exists;
   * ModelInfer also has the parameter score_fingerprint.
   */
  'scoreFingerprint'?: (string);
  '_instruction'?: "instruction";
  '_context'?: "context";
  '_topN'?: "topN";
  '_minScore'?: "minScore";
  '_maxCandidateTokens'?: "maxCandidateTokens";
  '_model'?: "model";
  '_requestId'?: "requestId";
  '_timeoutMs'?: "timeoutMs";
  '_maxReplyBytes'?: "maxReplyBytes";
  '_scoreFingerprint'?: "scoreFingerprint";
}

export interface WireRankRequest {
  /**
   * The search query. Required.
   */
  'query': (string);
  /**
   * What "relevant" means for this query; the model's own instruction if absent.
   */
  'instruction'?: (string);
  /**
   * Facts about the searcher (a member's profile, a location), which the template places after the
   * query.
   */
  'context'?: (string);
  /**
   * 1 to GetInfoResponse.limits.candidates candidates. Required.
   */
  'candidates': (Wire_slmrank_v1_Candidate)[];
  /**
   * Most results to return, at least 1: the best ones, followed by those that were not scored. All
   * if absent.
   */
  'topN'?: (number);
  /**
   * Leave out results with a lower score (in the requested score_kind): 0 to 1 for a probability,
   * any finite number for a logit. Results that were not scored are still returned.
   */
  'minScore'?: (number);
  /**
   * Return each result's text and title.
   */
  'returnText': (boolean);
  'scoreKind': (Wire_slmrank_v1_ScoreKind);
  'truncation': (Wire_slmrank_v1_Truncation);
  /**
   * Most tokens of one candidate (title and text) that the model reads. If absent or larger than
   * the model's context budget, the context budget applies.
   */
  'maxCandidateTokens'?: (number);
  /**
   * The name of the model that must rank the request, as GetInfo returns it. Any model if absent.
   */
  'model'?: (string);
  /**
   * The caller's name for the request, at most 256 bytes of UTF-8. It is returned in the reply and
   * as the metadata x-request-id, and logged. It may be sent as the metadata x-request-id instead.
   * If absent, the server makes one up.
   */
  'requestId'?: (string);
  /**
   * At the deadline, return the candidates scored so far instead of failing. The others follow in
   * the order given, with `scored` false. Such a request runs in smaller batches, so that some of
   * them finish in time even if the server is slower than forecast.
   */
  'partialOk': (boolean);
  'priority': (Wire_slmrank_v1_Priority);
  /**
   * Let the server choose how many candidates to score: the first ones in the order given, as many
   * as it forecasts to finish before the deadline, fewer under load, and never more than its
   * ceiling (250 by default). Usage.depth returns the number. The others follow in the order given,
   * with `scored` false. If not even its floor (130 by default) could finish in time, the request
   * is refused. List the candidates best first.
   */
  'adaptiveDepth': (boolean);
  /**
   * Neither read scores from the score cache nor store them there.
   */
  'noCache': (boolean);
  /**
   * The request's own timeout in milliseconds from when the server reads it, at most 3,600,000. The
   * earlier of this and the call's deadline applies, also for partial_ok and adaptive_depth; 0 or
   * absent: only the call's deadline. In a RankStream each request may have its own: when it
   * passes, the request is answered with DEADLINE_EXCEEDED (or with the scores so far) and the
   * stream continues.
   */
  'timeoutMs'?: (number);
  /**
   * Whether a bad candidate makes the server refuse the request or is skipped. Quotas do not count
   * candidates that are skipped because their texts are empty, blank or have too many bytes (but
   * count at least 1). They do count candidates that are skipped because of their tokens or because
   * nothing is left after normalization.
   */
  'onBadCandidate': (Wire_slmrank_v1_OnBadCandidate);
  /**
   * The largest message that the client accepts, in bytes (grpc.max_receive_message_length or the
   * equivalent). If absent: 4,194,304, the default of gRPC. A request whose reply may be larger is
   * refused before anything is computed. To avoid that, set top_n, do not set return_text, or raise
   * both this and the client's own limit.
   */
  'maxReplyBytes'?: (number);
  /**
   * Only the model with this score fingerprint may rank the request: RankResponse.score_fingerprint
   * or GetInfoResponse.score_fingerprint, 64 hexadecimal digits. For scores that have to be
   * comparable: pages or shards of one list, an experiment. A server with another model answers
   * UNAVAILABLE (WRONG_FINGERPRINT). Any model if absent. It may be sent as the metadata
   * slmrank-score-fingerprint instead, which proxies can route by, or as both; in a RankStream the
   * metadata holds for every request. In Tokenize and KServe's ModelInfer only the metadata exists;
   * ModelInfer also has the parameter score_fingerprint.
   */
  'scoreFingerprint'?: (string);
  '_instruction'?: "instruction";
  '_context'?: "context";
  '_topN'?: "topN";
  '_minScore'?: "minScore";
  '_maxCandidateTokens'?: "maxCandidateTokens";
  '_model'?: "model";
  '_requestId'?: "requestId";
  '_timeoutMs'?: "timeoutMs";
  '_maxReplyBytes'?: "maxReplyBytes";
  '_scoreFingerprint'?: "scoreFingerprint";
}
