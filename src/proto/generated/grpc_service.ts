import type * as grpc from '@grpc/grpc-js';
import type { EnumTypeDefinition, MessageTypeDefinition } from '@grpc/proto-loader';

import type { GRPCInferenceServiceClient as _inference_GRPCInferenceServiceClient, GRPCInferenceServiceDefinition as _inference_GRPCInferenceServiceDefinition } from './inference/GRPCInferenceService.ts';
import type { WireInferParameterInput as Wire_inference_InferParameterInput, WireInferParameter as Wire_inference_InferParameter } from './inference/InferParameter.ts';
import type { WireInferTensorContentsInput as Wire_inference_InferTensorContentsInput, WireInferTensorContents as Wire_inference_InferTensorContents } from './inference/InferTensorContents.ts';
import type { WireModelConfigInput as Wire_inference_ModelConfigInput, WireModelConfig as Wire_inference_ModelConfig } from './inference/ModelConfig.ts';
import type { WireModelConfigRequestInput as Wire_inference_ModelConfigRequestInput, WireModelConfigRequest as Wire_inference_ModelConfigRequest } from './inference/ModelConfigRequest.ts';
import type { WireModelConfigResponseInput as Wire_inference_ModelConfigResponseInput, WireModelConfigResponse as Wire_inference_ModelConfigResponse } from './inference/ModelConfigResponse.ts';
import type { WireModelInferRequestInput as Wire_inference_ModelInferRequestInput, WireModelInferRequest as Wire_inference_ModelInferRequest } from './inference/ModelInferRequest.ts';
import type { WireModelInferResponseInput as Wire_inference_ModelInferResponseInput, WireModelInferResponse as Wire_inference_ModelInferResponse } from './inference/ModelInferResponse.ts';
import type { WireModelInputInput as Wire_inference_ModelInputInput, WireModelInput as Wire_inference_ModelInput } from './inference/ModelInput.ts';
import type { WireModelMetadataRequestInput as Wire_inference_ModelMetadataRequestInput, WireModelMetadataRequest as Wire_inference_ModelMetadataRequest } from './inference/ModelMetadataRequest.ts';
import type { WireModelMetadataResponseInput as Wire_inference_ModelMetadataResponseInput, WireModelMetadataResponse as Wire_inference_ModelMetadataResponse } from './inference/ModelMetadataResponse.ts';
import type { WireModelOutputInput as Wire_inference_ModelOutputInput, WireModelOutput as Wire_inference_ModelOutput } from './inference/ModelOutput.ts';
import type { WireModelReadyRequestInput as Wire_inference_ModelReadyRequestInput, WireModelReadyRequest as Wire_inference_ModelReadyRequest } from './inference/ModelReadyRequest.ts';
import type { WireModelReadyResponseInput as Wire_inference_ModelReadyResponseInput, WireModelReadyResponse as Wire_inference_ModelReadyResponse } from './inference/ModelReadyResponse.ts';
import type { WireServerLiveRequestInput as Wire_inference_ServerLiveRequestInput, WireServerLiveRequest as Wire_inference_ServerLiveRequest } from './inference/ServerLiveRequest.ts';
import type { WireServerLiveResponseInput as Wire_inference_ServerLiveResponseInput, WireServerLiveResponse as Wire_inference_ServerLiveResponse } from './inference/ServerLiveResponse.ts';
import type { WireServerMetadataRequestInput as Wire_inference_ServerMetadataRequestInput, WireServerMetadataRequest as Wire_inference_ServerMetadataRequest } from './inference/ServerMetadataRequest.ts';
import type { WireServerMetadataResponseInput as Wire_inference_ServerMetadataResponseInput, WireServerMetadataResponse as Wire_inference_ServerMetadataResponse } from './inference/ServerMetadataResponse.ts';
import type { WireServerReadyRequestInput as Wire_inference_ServerReadyRequestInput, WireServerReadyRequest as Wire_inference_ServerReadyRequest } from './inference/ServerReadyRequest.ts';
import type { WireServerReadyResponseInput as Wire_inference_ServerReadyResponseInput, WireServerReadyResponse as Wire_inference_ServerReadyResponse } from './inference/ServerReadyResponse.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  inference: {
    DataType: EnumTypeDefinition
    GRPCInferenceService: SubtypeConstructor<typeof grpc.Client, _inference_GRPCInferenceServiceClient> & { service: _inference_GRPCInferenceServiceDefinition }
    InferParameter: MessageTypeDefinition<Wire_inference_InferParameterInput, Wire_inference_InferParameter>
    InferTensorContents: MessageTypeDefinition<Wire_inference_InferTensorContentsInput, Wire_inference_InferTensorContents>
    ModelConfig: MessageTypeDefinition<Wire_inference_ModelConfigInput, Wire_inference_ModelConfig>
    ModelConfigRequest: MessageTypeDefinition<Wire_inference_ModelConfigRequestInput, Wire_inference_ModelConfigRequest>
    ModelConfigResponse: MessageTypeDefinition<Wire_inference_ModelConfigResponseInput, Wire_inference_ModelConfigResponse>
    ModelInferRequest: MessageTypeDefinition<Wire_inference_ModelInferRequestInput, Wire_inference_ModelInferRequest>
    ModelInferResponse: MessageTypeDefinition<Wire_inference_ModelInferResponseInput, Wire_inference_ModelInferResponse>
    ModelInput: MessageTypeDefinition<Wire_inference_ModelInputInput, Wire_inference_ModelInput>
    ModelMetadataRequest: MessageTypeDefinition<Wire_inference_ModelMetadataRequestInput, Wire_inference_ModelMetadataRequest>
    ModelMetadataResponse: MessageTypeDefinition<Wire_inference_ModelMetadataResponseInput, Wire_inference_ModelMetadataResponse>
    ModelOutput: MessageTypeDefinition<Wire_inference_ModelOutputInput, Wire_inference_ModelOutput>
    ModelReadyRequest: MessageTypeDefinition<Wire_inference_ModelReadyRequestInput, Wire_inference_ModelReadyRequest>
    ModelReadyResponse: MessageTypeDefinition<Wire_inference_ModelReadyResponseInput, Wire_inference_ModelReadyResponse>
    ServerLiveRequest: MessageTypeDefinition<Wire_inference_ServerLiveRequestInput, Wire_inference_ServerLiveRequest>
    ServerLiveResponse: MessageTypeDefinition<Wire_inference_ServerLiveResponseInput, Wire_inference_ServerLiveResponse>
    ServerMetadataRequest: MessageTypeDefinition<Wire_inference_ServerMetadataRequestInput, Wire_inference_ServerMetadataRequest>
    ServerMetadataResponse: MessageTypeDefinition<Wire_inference_ServerMetadataResponseInput, Wire_inference_ServerMetadataResponse>
    ServerReadyRequest: MessageTypeDefinition<Wire_inference_ServerReadyRequestInput, Wire_inference_ServerReadyRequest>
    ServerReadyResponse: MessageTypeDefinition<Wire_inference_ServerReadyResponseInput, Wire_inference_ServerReadyResponse>
  }
}

