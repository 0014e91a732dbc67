// Original file: proto/slmrank/v1/ranking.proto

import type { WireCandidateInput as Wire_slmrank_v1_CandidateInput, WireCandidate as Wire_slmrank_v1_Candidate } from '../../slmrank/v1/Candidate.ts';
import type { WireScoreKindInput as Wire_slmrank_v1_ScoreKindInput, WireScoreKind as Wire_slmrank_v1_ScoreKind } from '../../slmrank/v1/ScoreKind.ts';
import type { WireTruncationInput as Wire_slmrank_v1_TruncationInput, WireTruncation as Wire_slmrank_v1_Truncation } from '../../slmrank/v1/Truncation.ts';
import type { WirePriorityInput as Wire_slmrank_v1_PriorityInput, WirePriority as Wire_slmrank_v1_Priority } from '../../slmrank/v1/Priority.ts';
import type { WireOnBadCandidateInput as Wire_slmrank_v1_OnBadCandidateInput, WireOnBadCandidate as Wire_slmrank_v1_OnBadCandidate } from '../../slmrank/v1/OnBadCandidate.ts';

export interface WireRankRequestInput {
  /**
   * What is asked. Required.
   */
  'query'?: (string);
  /**
   * What "relevant" means here; the model's own instruction when absent.
   */
  'instruction'?: (string);
  /**
   * More about who asks (a member's profile, a location), placed after the query by the template.
   */
  'context'?: (string);
  /**
   * 1 to GetInfoResponse.limits.candidates candidates. Required.
   */
  'candidates'?: (Wire_slmrank_v1_CandidateInput)[];
  /**
   * Return at most this many results: the best, and after them those that were not scored. All when absent. At least 1.
   */
  'topN'?: (number);
  /**
   * Leave out what was scored lower than this (in the requested score_kind): 0 to 1 for a probability, any finite number
   * for a logit. Results that were not scored stay.
   */
  'minScore'?: (number | string);
  /**
   * Return each result's text and title.
   */
  'returnText'?: (boolean);
  'scoreKind'?: (Wire_slmrank_v1_ScoreKindInput);
  'truncation'?: (Wire_slmrank_v1_TruncationInput);
  /**
   * Most tokens of one candidate (title and text) that are read; the model's context budget when absent or larger.
   */
  'maxCandidateTokens'?: (number);
  /**
   * The model's name as GetInfo gives it; any when absent.
   */
  'model'?: (string);
  /**
   * The caller's name for the request, at most 256 bytes of UTF-8, echoed (in the reply and as the metadata
   * x-request-id) and logged; also accepted as the metadata x-request-id. Made up when absent.
   */
  'requestId'?: (string);
  /**
   * At the deadline, rather than failing, return what is scored; the rest follows in the order given, `scored` false.
   * Such a request runs in smaller batches, so that some have ended by then also on a machine that is slower than forecast.
   */
  'partialOk'?: (boolean);
  'priority'?: (Wire_slmrank_v1_PriorityInput);
  /**
   * Let the server choose how many candidates to score: the first ones in the order given, as many as can end before the
   * deadline by its forecast, fewer while it is under load, and never more than its ceiling (250 by default).
   * Usage.depth says how many; the rest follows in the order given, `scored` false. Where even its floor (130 by default)
   * could not end in time the request is refused. List candidates best first.
   */
  'adaptiveDepth'?: (boolean);
  /**
   * Neither take scores from the score cache nor put them there.
   */
  'noCache'?: (boolean);
  /**
   * Milliseconds from when the server reads the request to its own deadline, at most 3,600,000; 0 or absent: the call's
   * deadline alone. The earlier of both counts, for partial_ok and adaptive_depth too. In a RankStream each request can so
   * have its own: at its end it is answered by DEADLINE_EXCEEDED, or with what is scored, and the stream goes on.
   */
  'timeoutMs'?: (number);
  /**
   * One bad candidate refuses the request, or is skipped. A quota counts what is left when empty, blank and too large
   * texts are taken out, and at least 1; candidates skipped for their tokens, or for what the model's normalizer leaves
   * of them, are counted.
   */
  'onBadCandidate'?: (Wire_slmrank_v1_OnBadCandidateInput);
  /**
   * Most bytes of a message that the client takes: 4,194,304 when absent, gRPC's own default
   * (grpc.max_receive_message_length and its like). A request whose reply may be larger is refused before anything is
   * computed: set top_n, leave return_text out, or raise both this and the client's own limit.
   */
  'maxReplyBytes'?: (number);
  '_instruction'?: "instruction";
  '_context'?: "context";
  '_topN'?: "topN";
  '_minScore'?: "minScore";
  '_maxCandidateTokens'?: "maxCandidateTokens";
  '_model'?: "model";
  '_requestId'?: "requestId";
  '_timeoutMs'?: "timeoutMs";
  '_maxReplyBytes'?: "maxReplyBytes";
}

export interface WireRankRequest {
  /**
   * What is asked. Required.
   */
  'query': (string);
  /**
   * What "relevant" means here; the model's own instruction when absent.
   */
  'instruction'?: (string);
  /**
   * More about who asks (a member's profile, a location), placed after the query by the template.
   */
  'context'?: (string);
  /**
   * 1 to GetInfoResponse.limits.candidates candidates. Required.
   */
  'candidates': (Wire_slmrank_v1_Candidate)[];
  /**
   * Return at most this many results: the best, and after them those that were not scored. All when absent. At least 1.
   */
  'topN'?: (number);
  /**
   * Leave out what was scored lower than this (in the requested score_kind): 0 to 1 for a probability, any finite number
   * for a logit. Results that were not scored stay.
   */
  'minScore'?: (number);
  /**
   * Return each result's text and title.
   */
  'returnText': (boolean);
  'scoreKind': (Wire_slmrank_v1_ScoreKind);
  'truncation': (Wire_slmrank_v1_Truncation);
  /**
   * Most tokens of one candidate (title and text) that are read; the model's context budget when absent or larger.
   */
  'maxCandidateTokens'?: (number);
  /**
   * The model's name as GetInfo gives it; any when absent.
   */
  'model'?: (string);
  /**
   * The caller's name for the request, at most 256 bytes of UTF-8, echoed (in the reply and as the metadata
   * x-request-id) and logged; also accepted as the metadata x-request-id. Made up when absent.
   */
  'requestId'?: (string);
  /**
   * At the deadline, rather than failing, return what is scored; the rest follows in the order given, `scored` false.
   * Such a request runs in smaller batches, so that some have ended by then also on a machine that is slower than forecast.
   */
  'partialOk': (boolean);
  'priority': (Wire_slmrank_v1_Priority);
  /**
   * Let the server choose how many candidates to score: the first ones in the order given, as many as can end before the
   * deadline by its forecast, fewer while it is under load, and never more than its ceiling (250 by default).
   * Usage.depth says how many; the rest follows in the order given, `scored` false. Where even its floor (130 by default)
   * could not end in time the request is refused. List candidates best first.
   */
  'adaptiveDepth': (boolean);
  /**
   * Neither take scores from the score cache nor put them there.
   */
  'noCache': (boolean);
  /**
   * Milliseconds from when the server reads the request to its own deadline, at most 3,600,000; 0 or absent: the call's
   * deadline alone. The earlier of both counts, for partial_ok and adaptive_depth too. In a RankStream each request can so
   * have its own: at its end it is answered by DEADLINE_EXCEEDED, or with what is scored, and the stream goes on.
   */
  'timeoutMs'?: (number);
  /**
   * One bad candidate refuses the request, or is skipped. A quota counts what is left when empty, blank and too large
   * texts are taken out, and at least 1; candidates skipped for their tokens, or for what the model's normalizer leaves
   * of them, are counted.
   */
  'onBadCandidate': (Wire_slmrank_v1_OnBadCandidate);
  /**
   * Most bytes of a message that the client takes: 4,194,304 when absent, gRPC's own default
   * (grpc.max_receive_message_length and its like). A request whose reply may be larger is refused before anything is
   * computed: set top_n, leave return_text out, or raise both this and the client's own limit.
   */
  'maxReplyBytes'?: (number);
  '_instruction'?: "instruction";
  '_context'?: "context";
  '_topN'?: "topN";
  '_minScore'?: "minScore";
  '_maxCandidateTokens'?: "maxCandidateTokens";
  '_model'?: "model";
  '_requestId'?: "requestId";
  '_timeoutMs'?: "timeoutMs";
  '_maxReplyBytes'?: "maxReplyBytes";
}
