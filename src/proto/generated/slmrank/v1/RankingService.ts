// Original file: proto/slmrank/v1/ranking.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { WireEstimateRankResponseInput as Wire_slmrank_v1_EstimateRankResponseInput, WireEstimateRankResponse as Wire_slmrank_v1_EstimateRankResponse } from '../../slmrank/v1/EstimateRankResponse.ts';
import type { WireGetInfoRequestInput as Wire_slmrank_v1_GetInfoRequestInput, WireGetInfoRequest as Wire_slmrank_v1_GetInfoRequest } from '../../slmrank/v1/GetInfoRequest.ts';
import type { WireGetInfoResponseInput as Wire_slmrank_v1_GetInfoResponseInput, WireGetInfoResponse as Wire_slmrank_v1_GetInfoResponse } from '../../slmrank/v1/GetInfoResponse.ts';
import type { WireRankRequestInput as Wire_slmrank_v1_RankRequestInput, WireRankRequest as Wire_slmrank_v1_RankRequest } from '../../slmrank/v1/RankRequest.ts';
import type { WireRankResponseInput as Wire_slmrank_v1_RankResponseInput, WireRankResponse as Wire_slmrank_v1_RankResponse } from '../../slmrank/v1/RankResponse.ts';
import type { WireRankStreamResponseInput as Wire_slmrank_v1_RankStreamResponseInput, WireRankStreamResponse as Wire_slmrank_v1_RankStreamResponse } from '../../slmrank/v1/RankStreamResponse.ts';
import type { WireTokenizeRequestInput as Wire_slmrank_v1_TokenizeRequestInput, WireTokenizeRequest as Wire_slmrank_v1_TokenizeRequest } from '../../slmrank/v1/TokenizeRequest.ts';
import type { WireTokenizeResponseInput as Wire_slmrank_v1_TokenizeResponseInput, WireTokenizeResponse as Wire_slmrank_v1_TokenizeResponse } from '../../slmrank/v1/TokenizeResponse.ts';

export interface RankingServiceClient extends grpc.Client {
  /**
   * Estimates the cost of ranking this request now, without ranking it: nothing is tokenized,
   * queued or looked up in the score cache. Tokens are estimated as for admission: from the number
   * of characters, with a rate for each kind of script that is learnt from texts the server has
   * tokenized, and within max_candidate_tokens. The request is validated as for Rank.
   */
  EstimateRank(argument: Wire_slmrank_v1_RankRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_slmrank_v1_EstimateRankResponse>): grpc.ClientUnaryCall;
  EstimateRank(argument: Wire_slmrank_v1_RankRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<Wire_slmrank_v1_EstimateRankResponse>): grpc.ClientUnaryCall;
  EstimateRank(argument: Wire_slmrank_v1_RankRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_slmrank_v1_EstimateRankResponse>): grpc.ClientUnaryCall;
  EstimateRank(argument: Wire_slmrank_v1_RankRequestInput, callback: grpc.requestCallback<Wire_slmrank_v1_EstimateRankResponse>): grpc.ClientUnaryCall;
  /**
   * Estimates the cost of ranking this request now, without ranking it: nothing is tokenized,
   * queued or looked up in the score cache. Tokens are estimated as for admission: from the number
   * of characters, with a rate for each kind of script that is learnt from texts the server has
   * tokenized, and within max_candidate_tokens. The request is validated as for Rank.
   */
  estimateRank(argument: Wire_slmrank_v1_RankRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_slmrank_v1_EstimateRankResponse>): grpc.ClientUnaryCall;
  estimateRank(argument: Wire_slmrank_v1_RankRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<Wire_slmrank_v1_EstimateRankResponse>): grpc.ClientUnaryCall;
  estimateRank(argument: Wire_slmrank_v1_RankRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_slmrank_v1_EstimateRankResponse>): grpc.ClientUnaryCall;
  estimateRank(argument: Wire_slmrank_v1_RankRequestInput, callback: grpc.requestCallback<Wire_slmrank_v1_EstimateRankResponse>): grpc.ClientUnaryCall;
  
  /**
   * Describes the server: model, limits, buckets, score fingerprint, template, execution provider
   * and replicas.
   */
  GetInfo(argument: Wire_slmrank_v1_GetInfoRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_slmrank_v1_GetInfoResponse>): grpc.ClientUnaryCall;
  GetInfo(argument: Wire_slmrank_v1_GetInfoRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<Wire_slmrank_v1_GetInfoResponse>): grpc.ClientUnaryCall;
  GetInfo(argument: Wire_slmrank_v1_GetInfoRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_slmrank_v1_GetInfoResponse>): grpc.ClientUnaryCall;
  GetInfo(argument: Wire_slmrank_v1_GetInfoRequestInput, callback: grpc.requestCallback<Wire_slmrank_v1_GetInfoResponse>): grpc.ClientUnaryCall;
  /**
   * Describes the server: model, limits, buckets, score fingerprint, template, execution provider
   * and replicas.
   */
  getInfo(argument: Wire_slmrank_v1_GetInfoRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_slmrank_v1_GetInfoResponse>): grpc.ClientUnaryCall;
  getInfo(argument: Wire_slmrank_v1_GetInfoRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<Wire_slmrank_v1_GetInfoResponse>): grpc.ClientUnaryCall;
  getInfo(argument: Wire_slmrank_v1_GetInfoRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_slmrank_v1_GetInfoResponse>): grpc.ClientUnaryCall;
  getInfo(argument: Wire_slmrank_v1_GetInfoRequestInput, callback: grpc.requestCallback<Wire_slmrank_v1_GetInfoResponse>): grpc.ClientUnaryCall;
  
  /**
   * Scores every candidate against the query and returns them best first. Deterministic: equal
   * requests to servers with equal score fingerprints get equal scores, regardless of other
   * requests (docs: "exactness").
   */
  Rank(argument: Wire_slmrank_v1_RankRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_slmrank_v1_RankResponse>): grpc.ClientUnaryCall;
  Rank(argument: Wire_slmrank_v1_RankRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<Wire_slmrank_v1_RankResponse>): grpc.ClientUnaryCall;
  Rank(argument: Wire_slmrank_v1_RankRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_slmrank_v1_RankResponse>): grpc.ClientUnaryCall;
  Rank(argument: Wire_slmrank_v1_RankRequestInput, callback: grpc.requestCallback<Wire_slmrank_v1_RankResponse>): grpc.ClientUnaryCall;
  /**
   * Scores every candidate against the query and returns them best first. Deterministic: equal
   * requests to servers with equal score fingerprints get equal scores, regardless of other
   * requests (docs: "exactness").
   */
  rank(argument: Wire_slmrank_v1_RankRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_slmrank_v1_RankResponse>): grpc.ClientUnaryCall;
  rank(argument: Wire_slmrank_v1_RankRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<Wire_slmrank_v1_RankResponse>): grpc.ClientUnaryCall;
  rank(argument: Wire_slmrank_v1_RankRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_slmrank_v1_RankResponse>): grpc.ClientUnaryCall;
  rank(argument: Wire_slmrank_v1_RankRequestInput, callback: grpc.requestCallback<Wire_slmrank_v1_RankResponse>): grpc.ClientUnaryCall;
  
  /**
   * Ranks many requests on one stream. Each is answered when it finishes, in any order. Match
   * answers by request_id, which must be set and unique among the unanswered requests of the
   * stream. A failed request is answered with `error` and does not end the stream. The stream's
   * deadline applies to every request on it; a request's timeout_ms may end it earlier. The server
   * stops reading requests while too many are unanswered. When it drains, it answers the requests
   * that it has read and ends the stream with UNAVAILABLE. Connections are renewed every half hour;
   * a stream may continue for an hour after that.
   */
  RankStream(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<Wire_slmrank_v1_RankRequestInput, Wire_slmrank_v1_RankStreamResponse>;
  RankStream(options?: grpc.CallOptions): grpc.ClientDuplexStream<Wire_slmrank_v1_RankRequestInput, Wire_slmrank_v1_RankStreamResponse>;
  /**
   * Ranks many requests on one stream. Each is answered when it finishes, in any order. Match
   * answers by request_id, which must be set and unique among the unanswered requests of the
   * stream. A failed request is answered with `error` and does not end the stream. The stream's
   * deadline applies to every request on it; a request's timeout_ms may end it earlier. The server
   * stops reading requests while too many are unanswered. When it drains, it answers the requests
   * that it has read and ends the stream with UNAVAILABLE. Connections are renewed every half hour;
   * a stream may continue for an hour after that.
   */
  rankStream(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<Wire_slmrank_v1_RankRequestInput, Wire_slmrank_v1_RankStreamResponse>;
  rankStream(options?: grpc.CallOptions): grpc.ClientDuplexStream<Wire_slmrank_v1_RankRequestInput, Wire_slmrank_v1_RankStreamResponse>;
  
  /**
   * Returns token counts and ids from the server's own tokenizer. Scores nothing.
   */
  Tokenize(argument: Wire_slmrank_v1_TokenizeRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_slmrank_v1_TokenizeResponse>): grpc.ClientUnaryCall;
  Tokenize(argument: Wire_slmrank_v1_TokenizeRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<Wire_slmrank_v1_TokenizeResponse>): grpc.ClientUnaryCall;
  Tokenize(argument: Wire_slmrank_v1_TokenizeRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_slmrank_v1_TokenizeResponse>): grpc.ClientUnaryCall;
  Tokenize(argument: Wire_slmrank_v1_TokenizeRequestInput, callback: grpc.requestCallback<Wire_slmrank_v1_TokenizeResponse>): grpc.ClientUnaryCall;
  /**
   * Returns token counts and ids from the server's own tokenizer. Scores nothing.
   */
  tokenize(argument: Wire_slmrank_v1_TokenizeRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_slmrank_v1_TokenizeResponse>): grpc.ClientUnaryCall;
  tokenize(argument: Wire_slmrank_v1_TokenizeRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<Wire_slmrank_v1_TokenizeResponse>): grpc.ClientUnaryCall;
  tokenize(argument: Wire_slmrank_v1_TokenizeRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_slmrank_v1_TokenizeResponse>): grpc.ClientUnaryCall;
  tokenize(argument: Wire_slmrank_v1_TokenizeRequestInput, callback: grpc.requestCallback<Wire_slmrank_v1_TokenizeResponse>): grpc.ClientUnaryCall;
  
}

export interface RankingServiceHandlers extends grpc.UntypedServiceImplementation {
  /**
   * Estimates the cost of ranking this request now, without ranking it: nothing is tokenized,
   * queued or looked up in the score cache. Tokens are estimated as for admission: from the number
   * of characters, with a rate for each kind of script that is learnt from texts the server has
   * tokenized, and within max_candidate_tokens. The request is validated as for Rank.
   */
  EstimateRank: grpc.handleUnaryCall<Wire_slmrank_v1_RankRequest, Wire_slmrank_v1_EstimateRankResponseInput>;
  
  /**
   * Describes the server: model, limits, buckets, score fingerprint, template, execution provider
   * and replicas.
   */
  GetInfo: grpc.handleUnaryCall<Wire_slmrank_v1_GetInfoRequest, Wire_slmrank_v1_GetInfoResponseInput>;
  
  /**
   * Scores every candidate against the query and returns them best first. Deterministic: equal
   * requests to servers with equal score fingerprints get equal scores, regardless of other
   * requests (docs: "exactness").
   */
  Rank: grpc.handleUnaryCall<Wire_slmrank_v1_RankRequest, Wire_slmrank_v1_RankResponseInput>;
  
  /**
   * Ranks many requests on one stream. Each is answered when it finishes, in any order. Match
   * answers by request_id, which must be set and unique among the unanswered requests of the
   * stream. A failed request is answered with `error` and does not end the stream. The stream's
   * deadline applies to every request on it; a request's timeout_ms may end it earlier. The server
   * stops reading requests while too many are unanswered. When it drains, it answers the requests
   * that it has read and ends the stream with UNAVAILABLE. Connections are renewed every half hour;
   * a stream may continue for an hour after that.
   */
  RankStream: grpc.handleBidiStreamingCall<Wire_slmrank_v1_RankRequest, Wire_slmrank_v1_RankStreamResponseInput>;
  
  /**
   * Returns token counts and ids from the server's own tokenizer. Scores nothing.
   */
  Tokenize: grpc.handleUnaryCall<Wire_slmrank_v1_TokenizeRequest, Wire_slmrank_v1_TokenizeResponseInput>;
  
}

export interface RankingServiceDefinition extends grpc.ServiceDefinition {
  EstimateRank: MethodDefinition<Wire_slmrank_v1_RankRequestInput, Wire_slmrank_v1_EstimateRankResponseInput, Wire_slmrank_v1_RankRequest, Wire_slmrank_v1_EstimateRankResponse>
  GetInfo: MethodDefinition<Wire_slmrank_v1_GetInfoRequestInput, Wire_slmrank_v1_GetInfoResponseInput, Wire_slmrank_v1_GetInfoRequest, Wire_slmrank_v1_GetInfoResponse>
  Rank: MethodDefinition<Wire_slmrank_v1_RankRequestInput, Wire_slmrank_v1_RankResponseInput, Wire_slmrank_v1_RankRequest, Wire_slmrank_v1_RankResponse>
  RankStream: MethodDefinition<Wire_slmrank_v1_RankRequestInput, Wire_slmrank_v1_RankStreamResponseInput, Wire_slmrank_v1_RankRequest, Wire_slmrank_v1_RankStreamResponse>
  Tokenize: MethodDefinition<Wire_slmrank_v1_TokenizeRequestInput, Wire_slmrank_v1_TokenizeResponseInput, Wire_slmrank_v1_TokenizeRequest, Wire_slmrank_v1_TokenizeResponse>
}
