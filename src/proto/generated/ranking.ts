import type * as grpc from '@grpc/grpc-js';
import type { EnumTypeDefinition, MessageTypeDefinition } from '@grpc/proto-loader';

import type { WireCandidateInput as Wire_slmrank_v1_CandidateInput, WireCandidate as Wire_slmrank_v1_Candidate } from './slmrank/v1/Candidate.ts';
import type { WireChoiceInput as Wire_slmrank_v1_ChoiceInput, WireChoice as Wire_slmrank_v1_Choice } from './slmrank/v1/Choice.ts';
import type { WireEstimateRankResponseInput as Wire_slmrank_v1_EstimateRankResponseInput, WireEstimateRankResponse as Wire_slmrank_v1_EstimateRankResponse } from './slmrank/v1/EstimateRankResponse.ts';
import type { WireFieldViolationInput as Wire_slmrank_v1_FieldViolationInput, WireFieldViolation as Wire_slmrank_v1_FieldViolation } from './slmrank/v1/FieldViolation.ts';
import type { WireGetInfoRequestInput as Wire_slmrank_v1_GetInfoRequestInput, WireGetInfoRequest as Wire_slmrank_v1_GetInfoRequest } from './slmrank/v1/GetInfoRequest.ts';
import type { WireGetInfoResponseInput as Wire_slmrank_v1_GetInfoResponseInput, WireGetInfoResponse as Wire_slmrank_v1_GetInfoResponse } from './slmrank/v1/GetInfoResponse.ts';
import type { WireItemsInfoInput as Wire_slmrank_v1_ItemsInfoInput, WireItemsInfo as Wire_slmrank_v1_ItemsInfo } from './slmrank/v1/ItemsInfo.ts';
import type { WireLimitsInput as Wire_slmrank_v1_LimitsInput, WireLimits as Wire_slmrank_v1_Limits } from './slmrank/v1/Limits.ts';
import type { WireRankErrorInput as Wire_slmrank_v1_RankErrorInput, WireRankError as Wire_slmrank_v1_RankError } from './slmrank/v1/RankError.ts';
import type { WireRankRequestInput as Wire_slmrank_v1_RankRequestInput, WireRankRequest as Wire_slmrank_v1_RankRequest } from './slmrank/v1/RankRequest.ts';
import type { WireRankResponseInput as Wire_slmrank_v1_RankResponseInput, WireRankResponse as Wire_slmrank_v1_RankResponse } from './slmrank/v1/RankResponse.ts';
import type { WireRankStreamResponseInput as Wire_slmrank_v1_RankStreamResponseInput, WireRankStreamResponse as Wire_slmrank_v1_RankStreamResponse } from './slmrank/v1/RankStreamResponse.ts';
import type { RankingServiceClient as _slmrank_v1_RankingServiceClient, RankingServiceDefinition as _slmrank_v1_RankingServiceDefinition } from './slmrank/v1/RankingService.ts';
import type { WireReplicaInput as Wire_slmrank_v1_ReplicaInput, WireReplica as Wire_slmrank_v1_Replica } from './slmrank/v1/Replica.ts';
import type { WireResultInput as Wire_slmrank_v1_ResultInput, WireResult as Wire_slmrank_v1_Result } from './slmrank/v1/Result.ts';
import type { WireStageTimesInput as Wire_slmrank_v1_StageTimesInput, WireStageTimes as Wire_slmrank_v1_StageTimes } from './slmrank/v1/StageTimes.ts';
import type { WireTextSpanInput as Wire_slmrank_v1_TextSpanInput, WireTextSpan as Wire_slmrank_v1_TextSpan } from './slmrank/v1/TextSpan.ts';
import type { WireTokenizeRequestInput as Wire_slmrank_v1_TokenizeRequestInput, WireTokenizeRequest as Wire_slmrank_v1_TokenizeRequest } from './slmrank/v1/TokenizeRequest.ts';
import type { WireTokenizeResponseInput as Wire_slmrank_v1_TokenizeResponseInput, WireTokenizeResponse as Wire_slmrank_v1_TokenizeResponse } from './slmrank/v1/TokenizeResponse.ts';
import type { WireTokenizedTextInput as Wire_slmrank_v1_TokenizedTextInput, WireTokenizedText as Wire_slmrank_v1_TokenizedText } from './slmrank/v1/TokenizedText.ts';
import type { WireUsageInput as Wire_slmrank_v1_UsageInput, WireUsage as Wire_slmrank_v1_Usage } from './slmrank/v1/Usage.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  slmrank: {
    v1: {
      Candidate: MessageTypeDefinition<Wire_slmrank_v1_CandidateInput, Wire_slmrank_v1_Candidate>
      Choice: MessageTypeDefinition<Wire_slmrank_v1_ChoiceInput, Wire_slmrank_v1_Choice>
      EstimateRankResponse: MessageTypeDefinition<Wire_slmrank_v1_EstimateRankResponseInput, Wire_slmrank_v1_EstimateRankResponse>
      FieldViolation: MessageTypeDefinition<Wire_slmrank_v1_FieldViolationInput, Wire_slmrank_v1_FieldViolation>
      GetInfoRequest: MessageTypeDefinition<Wire_slmrank_v1_GetInfoRequestInput, Wire_slmrank_v1_GetInfoRequest>
      GetInfoResponse: MessageTypeDefinition<Wire_slmrank_v1_GetInfoResponseInput, Wire_slmrank_v1_GetInfoResponse>
      ItemsInfo: MessageTypeDefinition<Wire_slmrank_v1_ItemsInfoInput, Wire_slmrank_v1_ItemsInfo>
      Limits: MessageTypeDefinition<Wire_slmrank_v1_LimitsInput, Wire_slmrank_v1_Limits>
      OnBadCandidate: EnumTypeDefinition
      Priority: EnumTypeDefinition
      RankError: MessageTypeDefinition<Wire_slmrank_v1_RankErrorInput, Wire_slmrank_v1_RankError>
      RankRequest: MessageTypeDefinition<Wire_slmrank_v1_RankRequestInput, Wire_slmrank_v1_RankRequest>
      RankResponse: MessageTypeDefinition<Wire_slmrank_v1_RankResponseInput, Wire_slmrank_v1_RankResponse>
      RankStreamResponse: MessageTypeDefinition<Wire_slmrank_v1_RankStreamResponseInput, Wire_slmrank_v1_RankStreamResponse>
      RankingService: SubtypeConstructor<typeof grpc.Client, _slmrank_v1_RankingServiceClient> & { service: _slmrank_v1_RankingServiceDefinition }
      Replica: MessageTypeDefinition<Wire_slmrank_v1_ReplicaInput, Wire_slmrank_v1_Replica>
      Result: MessageTypeDefinition<Wire_slmrank_v1_ResultInput, Wire_slmrank_v1_Result>
      ScoreKind: EnumTypeDefinition
      SkipReason: EnumTypeDefinition
      StageTimes: MessageTypeDefinition<Wire_slmrank_v1_StageTimesInput, Wire_slmrank_v1_StageTimes>
      TextSource: EnumTypeDefinition
      TextSpan: MessageTypeDefinition<Wire_slmrank_v1_TextSpanInput, Wire_slmrank_v1_TextSpan>
      TokenizeRequest: MessageTypeDefinition<Wire_slmrank_v1_TokenizeRequestInput, Wire_slmrank_v1_TokenizeRequest>
      TokenizeResponse: MessageTypeDefinition<Wire_slmrank_v1_TokenizeResponseInput, Wire_slmrank_v1_TokenizeResponse>
      TokenizedText: MessageTypeDefinition<Wire_slmrank_v1_TokenizedTextInput, Wire_slmrank_v1_TokenizedText>
      Truncation: EnumTypeDefinition
      Usage: MessageTypeDefinition<Wire_slmrank_v1_UsageInput, Wire_slmrank_v1_Usage>
    }
  }
}

