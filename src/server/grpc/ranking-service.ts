import type { ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js';
import type { Access } from '../../desk/access/access.ts';
import type { DeskCall } from '../../desk/answer.ts';
import type { Ranker } from '../../desk/ranker.ts';
import { timeLimitOf } from '../../desk/request-rules.ts';
import type { WireEstimateRankResponseInput } from '../../proto/generated/slmrank/v1/EstimateRankResponse.ts';
import type { WireGetInfoRequest } from '../../proto/generated/slmrank/v1/GetInfoRequest.ts';
import type { WireGetInfoResponseInput } from '../../proto/generated/slmrank/v1/GetInfoResponse.ts';
import type { WireRankRequest } from '../../proto/generated/slmrank/v1/RankRequest.ts';
import type { WireRankResponseInput } from '../../proto/generated/slmrank/v1/RankResponse.ts';
import type { WireTokenizeRequest } from '../../proto/generated/slmrank/v1/TokenizeRequest.ts';
import type { WireTokenizeResponseInput } from '../../proto/generated/slmrank/v1/TokenizeResponse.ts';
import type { ProtoRoot } from '../../proto/proto-root.ts';
import { guardDecoder, type Received, unwrap } from '../wire/guard-decoder.ts';
import { toWireItemsInfo } from '../wire/items.ts';
import { shapeOf } from '../wire/message-shape.ts';
import { defaultReplyBytes } from '../wire/reply-bytes.ts';
import { type Served, toWireEstimate, toWireInfo, toWireReply } from '../wire/reply.ts';
import { toRankForm, toTokenizeForm } from '../wire/request.ts';
import { orWritten, writeTokens, type WrittenReply } from '../wire/tokens.ts';
import { rankStream } from './rank-stream.ts';
import { type CallParts, type UnaryMethod, unary } from './unary.ts';

export interface RankingServiceParts extends CallParts {
  readonly served: Served;
  readonly ranker: Ranker;
  readonly access: Pick<Access, 'follow'>;
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

/** What each unary method does, whatever protocol its messages come by. */
export function rankingMethods({ ranker, served }: Pick<RankingServiceParts, 'ranker' | 'served'>) {
  return {
    Rank: identified<WireRankResponseInput>('Rank', async (message, requestId, call) =>
      toWireReply(await ranker.rank(toRankForm(message), requestId, call)),
    ),
    EstimateRank: identified<WireEstimateRankResponseInput>(
      'EstimateRank',
      async (message, requestId, call) =>
        toWireEstimate(await ranker.estimate(toRankForm(message), requestId, call)),
    ),
    GetInfo: {
      method: 'GetInfo',
      work: async (received) => {
        unwrap(received);
        const { items } = served;
        return toWireInfo(served, ranker.info(), items && (await toWireItemsInfo(items)));
      },
    } satisfies UnaryMethod<Received<WireGetInfoRequest>, WireGetInfoResponseInput>,
    Tokenize: {
      method: 'Tokenize',
      work: (received, _, call) => tokenize(ranker, unwrap(received), call),
    } satisfies UnaryMethod<
      Received<WireTokenizeRequest>,
      WireTokenizeResponseInput | WrittenReply
    >,
  };
}

/** Handlers for `guardService`: each reads the message, asks the ranker, and writes the reply. */
export function rankingService(parts: RankingServiceParts): UntypedServiceImplementation {
  const { Rank, EstimateRank, GetInfo, Tokenize } = rankingMethods(parts);
  const { streamUnanswered } = parts.served.config;
  return {
    Rank: unary(Rank, parts),
    EstimateRank: unary(EstimateRank, parts),
    GetInfo: unary(GetInfo, parts),
    Tokenize: unary(Tokenize, parts),
    RankStream: rankStream({
      ...parts,
      rank: async (message, requestId, call) =>
        toWireReply(await parts.ranker.rank(toRankForm(message), requestId, call)),
      streamUnanswered,
    }),
  };
}

async function tokenize(
  ranker: Ranker,
  message: WireTokenizeRequest,
  call: DeskCall,
): Promise<WireTokenizeResponseInput | WrittenReply> {
  const { ids, manifest } = await ranker.tokenize(toTokenizeForm(message), call);
  const { sha256: tokenizerHash } = manifest.tokenizer;
  const { maxReplyBytes: mostBytes = defaultReplyBytes, returnIds } = message;
  return returnIds
    ? await writeTokens(ids, tokenizerHash, { signal: call.signal, mostBytes })
    : { texts: ids.map(({ length: tokens }) => ({ tokens })), tokenizerHash };
}

/** A method whose requests may have an id and a time limit of their own. */
function identified<Out>(
  method: string,
  work: (message: WireRankRequest, requestId: string, call: DeskCall) => Promise<Out>,
): UnaryMethod<Received<WireRankRequest>, Out> {
  return {
    method,
    requestIdOf: (received) => (received.ok ? received.message.requestId : received.requestId),
    timeLimitMsOf: (received) => timeLimitOf(received.ok ? received.message.timeoutMs : undefined),
    work: async (received, requestId, call) => work(unwrap(received), requestId, call),
  };
}
