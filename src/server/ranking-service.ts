import type { ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js';
import type { CallContext, RankingPipeline } from '../rank.ts';
import type { WireEstimateRankResponseInput } from './generated/slmrank/v1/EstimateRankResponse.ts';
import type { WireGetInfoRequest } from './generated/slmrank/v1/GetInfoRequest.ts';
import type { WireGetInfoResponseInput } from './generated/slmrank/v1/GetInfoResponse.ts';
import type { WireRankRequest } from './generated/slmrank/v1/RankRequest.ts';
import type { WireRankResponseInput } from './generated/slmrank/v1/RankResponse.ts';
import type { RankingServiceDefinition } from './generated/slmrank/v1/RankingService.ts';
import type { WireTokenizeRequest } from './generated/slmrank/v1/TokenizeRequest.ts';
import type { WireTokenizeResponseInput } from './generated/slmrank/v1/TokenizeResponse.ts';
import { rankStream } from './rank-stream.ts';
import { guardDecoder, type Received } from './received.ts';
import { type CallParts, type UnaryMethod, unary } from './unary.ts';
import {
  type Served,
  toWireEstimate,
  toWireInfo,
  toWireReply,
  toWireTokens,
} from './wire-reply.ts';
import {
  invalidRequest,
  parseRankRequest,
  parseTokenizeRequest,
  type RequestRules,
} from './wire-request.ts';

export interface RankingServiceParts extends CallParts {
  readonly served: Served;
  readonly pipeline: RankingPipeline;
}

/** The service's definition with our checks in front of its decoders; see `Received`. */
export function guardService(
  definition: RankingServiceDefinition,
  { config }: Served,
): ServiceDefinition {
  const { requestBytes, candidates: most } = config;
  const rankRules = {
    requestBytes,
    repeated: { field: 4, name: 'candidates', most },
    requestIdField: 12,
  };
  const textRules = { requestBytes, repeated: { field: 1, name: 'texts', most } };
  const { Rank, RankStream, EstimateRank, Tokenize } = definition;
  return {
    ...definition,
    Rank: { ...Rank, requestDeserialize: guardDecoder(Rank.requestDeserialize, rankRules) },
    RankStream: {
      ...RankStream,
      requestDeserialize: guardDecoder(RankStream.requestDeserialize, rankRules),
    },
    EstimateRank: {
      ...EstimateRank,
      requestDeserialize: guardDecoder(EstimateRank.requestDeserialize, rankRules),
    },
    Tokenize: {
      ...Tokenize,
      requestDeserialize: guardDecoder(Tokenize.requestDeserialize, textRules),
    },
  };
}

/** Handlers for `guardService`. */
export function rankingService(parts: RankingServiceParts): UntypedServiceImplementation {
  const { served, pipeline, lifecycle } = parts;
  const rules: RequestRules = { limits: served.config, model: served.manifest.name };

  const rank = async (message: WireRankRequest, requestId: string, call: CallContext) => {
    lifecycle.assertServing();
    const request = parseRankRequest(message, requestId, rules);
    return toWireReply(request, await pipeline.rank(request, call), served);
  };
  const estimate = async (message: WireRankRequest, requestId: string, call: CallContext) => {
    lifecycle.assertServing();
    const request = parseRankRequest(message, requestId, rules);
    return toWireEstimate(await pipeline.estimate(request, call));
  };
  const tokenize = async (message: WireTokenizeRequest) => {
    lifecycle.assertServing();
    const ids = await pipeline.tokenize(parseTokenizeRequest(message, rules));
    return toWireTokens(ids, message.returnIds, served);
  };
  const unaryMethods = {
    Rank: unary(named<WireRankResponseInput>('Rank', rank), parts),
    EstimateRank: unary(named<WireEstimateRankResponseInput>('EstimateRank', estimate), parts),
    GetInfo: unary<WireGetInfoRequest, WireGetInfoResponseInput>(
      { method: 'GetInfo', work: () => toWireInfo(served, pipeline.replicas()) },
      parts,
    ),
    Tokenize: unary<Received<WireTokenizeRequest>, WireTokenizeResponseInput>(
      { method: 'Tokenize', work: (received) => tokenize(unwrap(received)) },
      parts,
    ),
  };
  const { streamUnanswered } = served.config;
  return { ...unaryMethods, RankStream: rankStream({ ...parts, rank, streamUnanswered }) };
}

/** A method whose requests may bring their own name. */
function named<Out>(
  method: string,
  work: (message: WireRankRequest, requestId: string, call: CallContext) => Promise<Out>,
): UnaryMethod<Received<WireRankRequest>, Out> {
  return {
    method,
    requestIdOf: (from) => (from.ok ? from.message.requestId : from.requestId),
    work: async (received, requestId, call) => work(unwrap(received), requestId, call),
  };
}

/** @throws RankError `invalid-argument` for what was refused before decoding. */
function unwrap<T>(received: Received<T>): T {
  if (!received.ok) {
    throw invalidRequest([received.violation]);
  }
  return received.message;
}
