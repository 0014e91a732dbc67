import type { ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js';
import { withoutSkipped } from '../../pipeline/reply/bad-candidates.ts';
import { nameCandidates } from '../../pipeline/reply/rename-candidates.ts';
import type { CallContext, ServedModel } from '../../domain/rank.ts';
import type { Access } from '../../desk/access/access.ts';
import type { WireEstimateRankResponseInput } from '../../proto/generated/slmrank/v1/EstimateRankResponse.ts';
import type { WireGetInfoRequest } from '../../proto/generated/slmrank/v1/GetInfoRequest.ts';
import type { WireGetInfoResponseInput } from '../../proto/generated/slmrank/v1/GetInfoResponse.ts';
import type { WireRankRequest } from '../../proto/generated/slmrank/v1/RankRequest.ts';
import type { WireRankResponseInput } from '../../proto/generated/slmrank/v1/RankResponse.ts';
import type { WireTokenizeRequest } from '../../proto/generated/slmrank/v1/TokenizeRequest.ts';
import type { WireTokenizeResponseInput } from '../../proto/generated/slmrank/v1/TokenizeResponse.ts';
import { shapeOf } from '../wire/message-shape.ts';
import type { ServerCall } from '../../desk/pending-answer.ts';
import type { ProtoRoot } from '../../proto/proto-root.ts';
import { rankStream } from './rank-stream.ts';
import { prices } from '../../desk/access/quota.ts';
import { defaultReplyBytes } from '../wire/reply-bytes.ts';
import { guardDecoder, type Received, unwrap } from '../wire/guard-decoder.ts';
import { type CallParts, type UnaryMethod, unary } from './unary.ts';
import { type Served, toWireEstimate, toWireInfo, toWireReply } from '../wire/reply.ts';
import { orWritten, writeTokens, type WrittenReply } from '../wire/tokens.ts';
import {
  parseRankRequest,
  parseTokenizeRequest,
  type RequestRules,
  timeoutOf,
} from '../wire/request.ts';

export interface RankingServiceParts extends CallParts {
  readonly served: Omit<Served, 'manifest'>;
  /** The model for what begins in this turn. */
  readonly current: () => ServedModel;
  readonly access: Access;
}

/** The service's definition with our checks in front of its decoders; see `Received`. */
export function guardService(
  { service: definition, messages: types }: Pick<ProtoRoot, 'service' | 'messages'>,
  { config }: Pick<Served, 'config'>,
): ServiceDefinition {
  const { requestBytes, candidates: most } = config;
  const rankRules = {
    requestBytes,
    repeated: { field: 4, name: 'candidates', most },
    requestIdField: 12,
    shape: shapeOf(definition.Rank.requestType, types),
  };
  const textRules = {
    requestBytes,
    repeated: { field: 1, name: 'texts', most },
    shape: shapeOf(definition.Tokenize.requestType, types),
  };
  const { Rank, RankStream, EstimateRank, GetInfo, Tokenize } = definition;
  const infoRules = { requestBytes, shape: shapeOf(GetInfo.requestType, types) };
  return {
    ...definition,
    GetInfo: {
      ...GetInfo,
      requestDeserialize: guardDecoder(GetInfo.requestDeserialize, infoRules),
    },
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
      responseSerialize: orWritten(Tokenize.responseSerialize),
    },
  };
}

/** Handlers for `guardService`. */
export function rankingService(parts: RankingServiceParts): UntypedServiceImplementation {
  const { rank, estimate, tokenize } = methodsOf(parts);
  const unaryMethods = {
    Rank: unary(named<WireRankResponseInput>('Rank', rank), parts),
    EstimateRank: unary(named<WireEstimateRankResponseInput>('EstimateRank', estimate), parts),
    GetInfo: unary<Received<WireGetInfoRequest>, WireGetInfoResponseInput>(
      {
        method: 'GetInfo',
        work: (received) => {
          unwrap(received);
          return infoOf(begin(parts));
        },
      },
      parts,
    ),
    Tokenize: unary<Received<WireTokenizeRequest>, WireTokenizeResponseInput | WrittenReply>(
      { method: 'Tokenize', work: (received, _, call) => tokenize(unwrap(received), call) },
      parts,
    ),
  };
  const { streamUnanswered } = parts.served.config;
  return { ...unaryMethods, RankStream: rankStream({ ...parts, rank, streamUnanswered }) };
}

/** What the methods do, each while the server serves and within the client's quota. */
function methodsOf(parts: RankingServiceParts) {
  const { lifecycle, access } = parts;

  const rank = async (message: WireRankRequest, requestId: string, call: ServerCall) => {
    lifecycle.assertServing();
    const { served, pipeline, rules } = begin(parts);
    const request = access.limit(parseRankRequest(message, requestId, rules), call.client);
    call.notes.accept(request);
    const kept = withoutSkipped(request);
    const price = prices.rank(kept.request.candidates.length);
    const ranked = await nameCandidates(kept.places, () =>
      access.charge(call.client, price, () => pipeline.rank(kept.request, call)),
    );
    const reply = kept.restore(ranked);
    call.notes.reply = reply;
    return toWireReply(request, reply, served);
  };
  const estimate = async (message: WireRankRequest, requestId: string, call: CallContext) => {
    lifecycle.assertServing();
    const { pipeline, rules } = begin(parts);
    const { request } = withoutSkipped(parseRankRequest(message, requestId, rules));
    const price = prices.estimate(request.candidates.length);
    return toWireEstimate(
      await access.charge(call.client, price, () => pipeline.estimate(request, call)),
    );
  };
  const tokenize = async (message: WireTokenizeRequest, call: CallContext) => {
    lifecycle.assertServing();
    const { served, pipeline, rules } = begin(parts);
    const texts = parseTokenizeRequest(message, rules);
    const price = prices.tokenize(texts.length);
    const ids = await access.charge(call.client, price, () => pipeline.tokenize(texts, call));
    const { sha256: tokenizerHash } = served.manifest.tokenizer;
    const { maxReplyBytes: mostBytes = defaultReplyBytes, returnIds } = message;
    return returnIds
      ? await writeTokens(ids, tokenizerHash, { signal: call.signal, mostBytes })
      : { texts: ids.map(({ length: tokens }) => ({ tokens })), tokenizerHash };
  };
  return { rank, estimate, tokenize };
}

/** The model of a request, which it keeps to its end. */
function begin({ served, current }: RankingServiceParts) {
  const { manifest, pipeline } = current();
  const rules: RequestRules = { limits: served.config, model: manifest.name };
  return { served: { ...served, manifest }, pipeline, rules };
}

function infoOf({ served, pipeline }: ReturnType<typeof begin>): WireGetInfoResponseInput {
  return toWireInfo(served, pipeline);
}

/** A method whose requests may bring their own name and time. */
function named<Out>(
  method: string,
  work: (message: WireRankRequest, requestId: string, call: ServerCall) => Promise<Out>,
): UnaryMethod<Received<WireRankRequest>, Out> {
  return {
    method,
    requestIdOf: (from) => (from.ok ? from.message.requestId : from.requestId),
    timeoutMsOf: (from) => (from.ok ? timeoutOf(from.message) : undefined),
    work: async (received, requestId, call) => work(unwrap(received), requestId, call),
  };
}
