// Original file: proto/inference/grpc_service.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { WireModelConfigRequestInput as Wire_inference_ModelConfigRequestInput, WireModelConfigRequest as Wire_inference_ModelConfigRequest } from '../inference/ModelConfigRequest.ts';
import type { WireModelConfigResponseInput as Wire_inference_ModelConfigResponseInput, WireModelConfigResponse as Wire_inference_ModelConfigResponse } from '../inference/ModelConfigResponse.ts';
import type { WireModelInferRequestInput as Wire_inference_ModelInferRequestInput, WireModelInferRequest as Wire_inference_ModelInferRequest } from '../inference/ModelInferRequest.ts';
import type { WireModelInferResponseInput as Wire_inference_ModelInferResponseInput, WireModelInferResponse as Wire_inference_ModelInferResponse } from '../inference/ModelInferResponse.ts';
import type { WireModelMetadataRequestInput as Wire_inference_ModelMetadataRequestInput, WireModelMetadataRequest as Wire_inference_ModelMetadataRequest } from '../inference/ModelMetadataRequest.ts';
import type { WireModelMetadataResponseInput as Wire_inference_ModelMetadataResponseInput, WireModelMetadataResponse as Wire_inference_ModelMetadataResponse } from '../inference/ModelMetadataResponse.ts';
import type { WireModelReadyRequestInput as Wire_inference_ModelReadyRequestInput, WireModelReadyRequest as Wire_inference_ModelReadyRequest } from '../inference/ModelReadyRequest.ts';
import type { WireModelReadyResponseInput as Wire_inference_ModelReadyResponseInput, WireModelReadyResponse as Wire_inference_ModelReadyResponse } from '../inference/ModelReadyResponse.ts';
import type { WireServerLiveRequestInput as Wire_inference_ServerLiveRequestInput, WireServerLiveRequest as Wire_inference_ServerLiveRequest } from '../inference/ServerLiveRequest.ts';
import type { WireServerLiveResponseInput as Wire_inference_ServerLiveResponseInput, WireServerLiveResponse as Wire_inference_ServerLiveResponse } from '../inference/ServerLiveResponse.ts';
import type { WireServerMetadataRequestInput as Wire_inference_ServerMetadataRequestInput, WireServerMetadataRequest as Wire_inference_ServerMetadataRequest } from '../inference/ServerMetadataRequest.ts';
import type { WireServerMetadataResponseInput as Wire_inference_ServerMetadataResponseInput, WireServerMetadataResponse as Wire_inference_ServerMetadataResponse } from '../inference/ServerMetadataResponse.ts';
import type { WireServerReadyRequestInput as Wire_inference_ServerReadyRequestInput, WireServerReadyRequest as Wire_inference_ServerReadyRequest } from '../inference/ServerReadyRequest.ts';
import type { WireServerReadyResponseInput as Wire_inference_ServerReadyResponseInput, WireServerReadyResponse as Wire_inference_ServerReadyResponse } from '../inference/ServerReadyResponse.ts';

export interface GRPCInferenceServiceClient extends grpc.Client {
  ModelConfig(argument: Wire_inference_ModelConfigRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_inference_ModelConfigResponse>): grpc.ClientUnaryCall;
  ModelConfig(argument: Wire_inference_ModelConfigRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<Wire_inference_ModelConfigResponse>): grpc.ClientUnaryCall;
  ModelConfig(argument: Wire_inference_ModelConfigRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_inference_ModelConfigResponse>): grpc.ClientUnaryCall;
  ModelConfig(argument: Wire_inference_ModelConfigRequestInput, callback: grpc.requestCallback<Wire_inference_ModelConfigResponse>): grpc.ClientUnaryCall;
  modelConfig(argument: Wire_inference_ModelConfigRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_inference_ModelConfigResponse>): grpc.ClientUnaryCall;
  modelConfig(argument: Wire_inference_ModelConfigRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<Wire_inference_ModelConfigResponse>): grpc.ClientUnaryCall;
  modelConfig(argument: Wire_inference_ModelConfigRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_inference_ModelConfigResponse>): grpc.ClientUnaryCall;
  modelConfig(argument: Wire_inference_ModelConfigRequestInput, callback: grpc.requestCallback<Wire_inference_ModelConfigResponse>): grpc.ClientUnaryCall;
  
  /**
   * Scores each passage for its query.
   */
  ModelInfer(argument: Wire_inference_ModelInferRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_inference_ModelInferResponse>): grpc.ClientUnaryCall;
  ModelInfer(argument: Wire_inference_ModelInferRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<Wire_inference_ModelInferResponse>): grpc.ClientUnaryCall;
  ModelInfer(argument: Wire_inference_ModelInferRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_inference_ModelInferResponse>): grpc.ClientUnaryCall;
  ModelInfer(argument: Wire_inference_ModelInferRequestInput, callback: grpc.requestCallback<Wire_inference_ModelInferResponse>): grpc.ClientUnaryCall;
  /**
   * Scores each passage for its query.
   */
  modelInfer(argument: Wire_inference_ModelInferRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_inference_ModelInferResponse>): grpc.ClientUnaryCall;
  modelInfer(argument: Wire_inference_ModelInferRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<Wire_inference_ModelInferResponse>): grpc.ClientUnaryCall;
  modelInfer(argument: Wire_inference_ModelInferRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_inference_ModelInferResponse>): grpc.ClientUnaryCall;
  modelInfer(argument: Wire_inference_ModelInferRequestInput, callback: grpc.requestCallback<Wire_inference_ModelInferResponse>): grpc.ClientUnaryCall;
  
  ModelMetadata(argument: Wire_inference_ModelMetadataRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_inference_ModelMetadataResponse>): grpc.ClientUnaryCall;
  ModelMetadata(argument: Wire_inference_ModelMetadataRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<Wire_inference_ModelMetadataResponse>): grpc.ClientUnaryCall;
  ModelMetadata(argument: Wire_inference_ModelMetadataRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_inference_ModelMetadataResponse>): grpc.ClientUnaryCall;
  ModelMetadata(argument: Wire_inference_ModelMetadataRequestInput, callback: grpc.requestCallback<Wire_inference_ModelMetadataResponse>): grpc.ClientUnaryCall;
  modelMetadata(argument: Wire_inference_ModelMetadataRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_inference_ModelMetadataResponse>): grpc.ClientUnaryCall;
  modelMetadata(argument: Wire_inference_ModelMetadataRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<Wire_inference_ModelMetadataResponse>): grpc.ClientUnaryCall;
  modelMetadata(argument: Wire_inference_ModelMetadataRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_inference_ModelMetadataResponse>): grpc.ClientUnaryCall;
  modelMetadata(argument: Wire_inference_ModelMetadataRequestInput, callback: grpc.requestCallback<Wire_inference_ModelMetadataResponse>): grpc.ClientUnaryCall;
  
  ModelReady(argument: Wire_inference_ModelReadyRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_inference_ModelReadyResponse>): grpc.ClientUnaryCall;
  ModelReady(argument: Wire_inference_ModelReadyRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<Wire_inference_ModelReadyResponse>): grpc.ClientUnaryCall;
  ModelReady(argument: Wire_inference_ModelReadyRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_inference_ModelReadyResponse>): grpc.ClientUnaryCall;
  ModelReady(argument: Wire_inference_ModelReadyRequestInput, callback: grpc.requestCallback<Wire_inference_ModelReadyResponse>): grpc.ClientUnaryCall;
  modelReady(argument: Wire_inference_ModelReadyRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_inference_ModelReadyResponse>): grpc.ClientUnaryCall;
  modelReady(argument: Wire_inference_ModelReadyRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<Wire_inference_ModelReadyResponse>): grpc.ClientUnaryCall;
  modelReady(argument: Wire_inference_ModelReadyRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_inference_ModelReadyResponse>): grpc.ClientUnaryCall;
  modelReady(argument: Wire_inference_ModelReadyRequestInput, callback: grpc.requestCallback<Wire_inference_ModelReadyResponse>): grpc.ClientUnaryCall;
  
  /**
   * Whether the server runs.
   */
  ServerLive(argument: Wire_inference_ServerLiveRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_inference_ServerLiveResponse>): grpc.ClientUnaryCall;
  ServerLive(argument: Wire_inference_ServerLiveRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<Wire_inference_ServerLiveResponse>): grpc.ClientUnaryCall;
  ServerLive(argument: Wire_inference_ServerLiveRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_inference_ServerLiveResponse>): grpc.ClientUnaryCall;
  ServerLive(argument: Wire_inference_ServerLiveRequestInput, callback: grpc.requestCallback<Wire_inference_ServerLiveResponse>): grpc.ClientUnaryCall;
  /**
   * Whether the server runs.
   */
  serverLive(argument: Wire_inference_ServerLiveRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_inference_ServerLiveResponse>): grpc.ClientUnaryCall;
  serverLive(argument: Wire_inference_ServerLiveRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<Wire_inference_ServerLiveResponse>): grpc.ClientUnaryCall;
  serverLive(argument: Wire_inference_ServerLiveRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_inference_ServerLiveResponse>): grpc.ClientUnaryCall;
  serverLive(argument: Wire_inference_ServerLiveRequestInput, callback: grpc.requestCallback<Wire_inference_ServerLiveResponse>): grpc.ClientUnaryCall;
  
  ServerMetadata(argument: Wire_inference_ServerMetadataRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_inference_ServerMetadataResponse>): grpc.ClientUnaryCall;
  ServerMetadata(argument: Wire_inference_ServerMetadataRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<Wire_inference_ServerMetadataResponse>): grpc.ClientUnaryCall;
  ServerMetadata(argument: Wire_inference_ServerMetadataRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_inference_ServerMetadataResponse>): grpc.ClientUnaryCall;
  ServerMetadata(argument: Wire_inference_ServerMetadataRequestInput, callback: grpc.requestCallback<Wire_inference_ServerMetadataResponse>): grpc.ClientUnaryCall;
  serverMetadata(argument: Wire_inference_ServerMetadataRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_inference_ServerMetadataResponse>): grpc.ClientUnaryCall;
  serverMetadata(argument: Wire_inference_ServerMetadataRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<Wire_inference_ServerMetadataResponse>): grpc.ClientUnaryCall;
  serverMetadata(argument: Wire_inference_ServerMetadataRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_inference_ServerMetadataResponse>): grpc.ClientUnaryCall;
  serverMetadata(argument: Wire_inference_ServerMetadataRequestInput, callback: grpc.requestCallback<Wire_inference_ServerMetadataResponse>): grpc.ClientUnaryCall;
  
  /**
   * Whether it takes requests: after warm-up, until it drains.
   */
  ServerReady(argument: Wire_inference_ServerReadyRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_inference_ServerReadyResponse>): grpc.ClientUnaryCall;
  ServerReady(argument: Wire_inference_ServerReadyRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<Wire_inference_ServerReadyResponse>): grpc.ClientUnaryCall;
  ServerReady(argument: Wire_inference_ServerReadyRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_inference_ServerReadyResponse>): grpc.ClientUnaryCall;
  ServerReady(argument: Wire_inference_ServerReadyRequestInput, callback: grpc.requestCallback<Wire_inference_ServerReadyResponse>): grpc.ClientUnaryCall;
  /**
   * Whether it takes requests: after warm-up, until it drains.
   */
  serverReady(argument: Wire_inference_ServerReadyRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_inference_ServerReadyResponse>): grpc.ClientUnaryCall;
  serverReady(argument: Wire_inference_ServerReadyRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<Wire_inference_ServerReadyResponse>): grpc.ClientUnaryCall;
  serverReady(argument: Wire_inference_ServerReadyRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_inference_ServerReadyResponse>): grpc.ClientUnaryCall;
  serverReady(argument: Wire_inference_ServerReadyRequestInput, callback: grpc.requestCallback<Wire_inference_ServerReadyResponse>): grpc.ClientUnaryCall;
  
}

export interface GRPCInferenceServiceHandlers extends grpc.UntypedServiceImplementation {
  ModelConfig: grpc.handleUnaryCall<Wire_inference_ModelConfigRequest, Wire_inference_ModelConfigResponseInput>;
  
  /**
   * Scores each passage for its query.
   */
  ModelInfer: grpc.handleUnaryCall<Wire_inference_ModelInferRequest, Wire_inference_ModelInferResponseInput>;
  
  ModelMetadata: grpc.handleUnaryCall<Wire_inference_ModelMetadataRequest, Wire_inference_ModelMetadataResponseInput>;
  
  ModelReady: grpc.handleUnaryCall<Wire_inference_ModelReadyRequest, Wire_inference_ModelReadyResponseInput>;
  
  /**
   * Whether the server runs.
   */
  ServerLive: grpc.handleUnaryCall<Wire_inference_ServerLiveRequest, Wire_inference_ServerLiveResponseInput>;
  
  ServerMetadata: grpc.handleUnaryCall<Wire_inference_ServerMetadataRequest, Wire_inference_ServerMetadataResponseInput>;
  
  /**
   * Whether it takes requests: after warm-up, until it drains.
   */
  ServerReady: grpc.handleUnaryCall<Wire_inference_ServerReadyRequest, Wire_inference_ServerReadyResponseInput>;
  
}

export interface GRPCInferenceServiceDefinition extends grpc.ServiceDefinition {
  ModelConfig: MethodDefinition<Wire_inference_ModelConfigRequestInput, Wire_inference_ModelConfigResponseInput, Wire_inference_ModelConfigRequest, Wire_inference_ModelConfigResponse>
  ModelInfer: MethodDefinition<Wire_inference_ModelInferRequestInput, Wire_inference_ModelInferResponseInput, Wire_inference_ModelInferRequest, Wire_inference_ModelInferResponse>
  ModelMetadata: MethodDefinition<Wire_inference_ModelMetadataRequestInput, Wire_inference_ModelMetadataResponseInput, Wire_inference_ModelMetadataRequest, Wire_inference_ModelMetadataResponse>
  ModelReady: MethodDefinition<Wire_inference_ModelReadyRequestInput, Wire_inference_ModelReadyResponseInput, Wire_inference_ModelReadyRequest, Wire_inference_ModelReadyResponse>
  ServerLive: MethodDefinition<Wire_inference_ServerLiveRequestInput, Wire_inference_ServerLiveResponseInput, Wire_inference_ServerLiveRequest, Wire_inference_ServerLiveResponse>
  ServerMetadata: MethodDefinition<Wire_inference_ServerMetadataRequestInput, Wire_inference_ServerMetadataResponseInput, Wire_inference_ServerMetadataRequest, Wire_inference_ServerMetadataResponse>
  ServerReady: MethodDefinition<Wire_inference_ServerReadyRequestInput, Wire_inference_ServerReadyResponseInput, Wire_inference_ServerReadyRequest, Wire_inference_ServerReadyResponse>
}
