// Original file: proto/slmrank/v1/admin.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { WireCostTableInput as Wire_slmrank_v1_CostTableInput, WireCostTable as Wire_slmrank_v1_CostTable } from '../../slmrank/v1/CostTable.ts';
import type { WireDrainReplicaRequestInput as Wire_slmrank_v1_DrainReplicaRequestInput, WireDrainReplicaRequest as Wire_slmrank_v1_DrainReplicaRequest } from '../../slmrank/v1/DrainReplicaRequest.ts';
import type { WireGetCostTableRequestInput as Wire_slmrank_v1_GetCostTableRequestInput, WireGetCostTableRequest as Wire_slmrank_v1_GetCostTableRequest } from '../../slmrank/v1/GetCostTableRequest.ts';
import type { WireGetPoolStateRequestInput as Wire_slmrank_v1_GetPoolStateRequestInput, WireGetPoolStateRequest as Wire_slmrank_v1_GetPoolStateRequest } from '../../slmrank/v1/GetPoolStateRequest.ts';
import type { WireLoadModelRequestInput as Wire_slmrank_v1_LoadModelRequestInput, WireLoadModelRequest as Wire_slmrank_v1_LoadModelRequest } from '../../slmrank/v1/LoadModelRequest.ts';
import type { WirePoolProgressInput as Wire_slmrank_v1_PoolProgressInput, WirePoolProgress as Wire_slmrank_v1_PoolProgress } from '../../slmrank/v1/PoolProgress.ts';
import type { WirePoolStateInput as Wire_slmrank_v1_PoolStateInput, WirePoolState as Wire_slmrank_v1_PoolState } from '../../slmrank/v1/PoolState.ts';
import type { WireQuarantineReplicaRequestInput as Wire_slmrank_v1_QuarantineReplicaRequestInput, WireQuarantineReplicaRequest as Wire_slmrank_v1_QuarantineReplicaRequest } from '../../slmrank/v1/QuarantineReplicaRequest.ts';
import type { WireReleaseReplicaRequestInput as Wire_slmrank_v1_ReleaseReplicaRequestInput, WireReleaseReplicaRequest as Wire_slmrank_v1_ReleaseReplicaRequest } from '../../slmrank/v1/ReleaseReplicaRequest.ts';
import type { WireSetLogLevelRequestInput as Wire_slmrank_v1_SetLogLevelRequestInput, WireSetLogLevelRequest as Wire_slmrank_v1_SetLogLevelRequest } from '../../slmrank/v1/SetLogLevelRequest.ts';
import type { WireSetLogLevelResponseInput as Wire_slmrank_v1_SetLogLevelResponseInput, WireSetLogLevelResponse as Wire_slmrank_v1_SetLogLevelResponse } from '../../slmrank/v1/SetLogLevelResponse.ts';
import type { WireSetReplicasRequestInput as Wire_slmrank_v1_SetReplicasRequestInput, WireSetReplicasRequest as Wire_slmrank_v1_SetReplicasRequest } from '../../slmrank/v1/SetReplicasRequest.ts';

/**
 * For operators of the server. It has an address of its own (SLMRANK_ADMIN_ADDRESS, by default
 * 127.0.0.1:50052, 'off' for none) without TLS and without keys. Anyone who can reach the address
 * can call all of these methods, so keep it on loopback or in a private network. No method makes a
 * request fail that the server has admitted.
 * 
 * Statuses:
 * INVALID_ARGUMENT, NOT_FOUND  The field is named in google.rpc.BadRequest.
 * FAILED_PRECONDITION          The change would leave no replica, or another change is under way.
 * UNAVAILABLE                  A replica or a model failed to load (nothing has changed then), or
 * the server is draining.
 */
export interface AdminServiceClient extends grpc.Client {
  /**
   * Removes one replica permanently: it gets no new batches, finishes those it has, ends its thread
   * and frees its memory. Answers after that.
   */
  DrainReplica(argument: Wire_slmrank_v1_DrainReplicaRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_slmrank_v1_PoolState>): grpc.ClientUnaryCall;
  DrainReplica(argument: Wire_slmrank_v1_DrainReplicaRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<Wire_slmrank_v1_PoolState>): grpc.ClientUnaryCall;
  DrainReplica(argument: Wire_slmrank_v1_DrainReplicaRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_slmrank_v1_PoolState>): grpc.ClientUnaryCall;
  DrainReplica(argument: Wire_slmrank_v1_DrainReplicaRequestInput, callback: grpc.requestCallback<Wire_slmrank_v1_PoolState>): grpc.ClientUnaryCall;
  /**
   * Removes one replica permanently: it gets no new batches, finishes those it has, ends its thread
   * and frees its memory. Answers after that.
   */
  drainReplica(argument: Wire_slmrank_v1_DrainReplicaRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_slmrank_v1_PoolState>): grpc.ClientUnaryCall;
  drainReplica(argument: Wire_slmrank_v1_DrainReplicaRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<Wire_slmrank_v1_PoolState>): grpc.ClientUnaryCall;
  drainReplica(argument: Wire_slmrank_v1_DrainReplicaRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_slmrank_v1_PoolState>): grpc.ClientUnaryCall;
  drainReplica(argument: Wire_slmrank_v1_DrainReplicaRequestInput, callback: grpc.requestCallback<Wire_slmrank_v1_PoolState>): grpc.ClientUnaryCall;
  
  /**
   * The run costs that the server has learnt. Routing, admission, EstimateRank and the watchdog use
   * them.
   */
  GetCostTable(argument: Wire_slmrank_v1_GetCostTableRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_slmrank_v1_CostTable>): grpc.ClientUnaryCall;
  GetCostTable(argument: Wire_slmrank_v1_GetCostTableRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<Wire_slmrank_v1_CostTable>): grpc.ClientUnaryCall;
  GetCostTable(argument: Wire_slmrank_v1_GetCostTableRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_slmrank_v1_CostTable>): grpc.ClientUnaryCall;
  GetCostTable(argument: Wire_slmrank_v1_GetCostTableRequestInput, callback: grpc.requestCallback<Wire_slmrank_v1_CostTable>): grpc.ClientUnaryCall;
  /**
   * The run costs that the server has learnt. Routing, admission, EstimateRank and the watchdog use
   * them.
   */
  getCostTable(argument: Wire_slmrank_v1_GetCostTableRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_slmrank_v1_CostTable>): grpc.ClientUnaryCall;
  getCostTable(argument: Wire_slmrank_v1_GetCostTableRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<Wire_slmrank_v1_CostTable>): grpc.ClientUnaryCall;
  getCostTable(argument: Wire_slmrank_v1_GetCostTableRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_slmrank_v1_CostTable>): grpc.ClientUnaryCall;
  getCostTable(argument: Wire_slmrank_v1_GetCostTableRequestInput, callback: grpc.requestCallback<Wire_slmrank_v1_CostTable>): grpc.ClientUnaryCall;
  
  GetPoolState(argument: Wire_slmrank_v1_GetPoolStateRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_slmrank_v1_PoolState>): grpc.ClientUnaryCall;
  GetPoolState(argument: Wire_slmrank_v1_GetPoolStateRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<Wire_slmrank_v1_PoolState>): grpc.ClientUnaryCall;
  GetPoolState(argument: Wire_slmrank_v1_GetPoolStateRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_slmrank_v1_PoolState>): grpc.ClientUnaryCall;
  GetPoolState(argument: Wire_slmrank_v1_GetPoolStateRequestInput, callback: grpc.requestCallback<Wire_slmrank_v1_PoolState>): grpc.ClientUnaryCall;
  getPoolState(argument: Wire_slmrank_v1_GetPoolStateRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_slmrank_v1_PoolState>): grpc.ClientUnaryCall;
  getPoolState(argument: Wire_slmrank_v1_GetPoolStateRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<Wire_slmrank_v1_PoolState>): grpc.ClientUnaryCall;
  getPoolState(argument: Wire_slmrank_v1_GetPoolStateRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_slmrank_v1_PoolState>): grpc.ClientUnaryCall;
  getPoolState(argument: Wire_slmrank_v1_GetPoolStateRequestInput, callback: grpc.requestCallback<Wire_slmrank_v1_PoolState>): grpc.ClientUnaryCall;
  
  /**
   * Replaces the served model by another built model, on the same slots. The new model's manifest,
   * file sizes and checksums are checked and it is warmed up, then it gets all new requests, and
   * the old model is drained and its memory freed. Each request is ranked by a single model. Both
   * models are in memory during the change. The last message has `done`. The change continues if
   * the client disconnects.
   */
  LoadModel(argument: Wire_slmrank_v1_LoadModelRequestInput, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<Wire_slmrank_v1_PoolProgress>;
  LoadModel(argument: Wire_slmrank_v1_LoadModelRequestInput, options?: grpc.CallOptions): grpc.ClientReadableStream<Wire_slmrank_v1_PoolProgress>;
  /**
   * Replaces the served model by another built model, on the same slots. The new model's manifest,
   * file sizes and checksums are checked and it is warmed up, then it gets all new requests, and
   * the old model is drained and its memory freed. Each request is ranked by a single model. Both
   * models are in memory during the change. The last message has `done`. The change continues if
   * the client disconnects.
   */
  loadModel(argument: Wire_slmrank_v1_LoadModelRequestInput, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<Wire_slmrank_v1_PoolProgress>;
  loadModel(argument: Wire_slmrank_v1_LoadModelRequestInput, options?: grpc.CallOptions): grpc.ClientReadableStream<Wire_slmrank_v1_PoolProgress>;
  
  /**
   * Like DrainReplica, but the slot stays listed as quarantined until it is released. Answers when
   * the replica's memory has been freed.
   */
  QuarantineReplica(argument: Wire_slmrank_v1_QuarantineReplicaRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_slmrank_v1_PoolState>): grpc.ClientUnaryCall;
  QuarantineReplica(argument: Wire_slmrank_v1_QuarantineReplicaRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<Wire_slmrank_v1_PoolState>): grpc.ClientUnaryCall;
  QuarantineReplica(argument: Wire_slmrank_v1_QuarantineReplicaRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_slmrank_v1_PoolState>): grpc.ClientUnaryCall;
  QuarantineReplica(argument: Wire_slmrank_v1_QuarantineReplicaRequestInput, callback: grpc.requestCallback<Wire_slmrank_v1_PoolState>): grpc.ClientUnaryCall;
  /**
   * Like DrainReplica, but the slot stays listed as quarantined until it is released. Answers when
   * the replica's memory has been freed.
   */
  quarantineReplica(argument: Wire_slmrank_v1_QuarantineReplicaRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_slmrank_v1_PoolState>): grpc.ClientUnaryCall;
  quarantineReplica(argument: Wire_slmrank_v1_QuarantineReplicaRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<Wire_slmrank_v1_PoolState>): grpc.ClientUnaryCall;
  quarantineReplica(argument: Wire_slmrank_v1_QuarantineReplicaRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_slmrank_v1_PoolState>): grpc.ClientUnaryCall;
  quarantineReplica(argument: Wire_slmrank_v1_QuarantineReplicaRequestInput, callback: grpc.requestCallback<Wire_slmrank_v1_PoolState>): grpc.ClientUnaryCall;
  
  /**
   * Loads a quarantined or failed slot again at once. Answers when the replica is warmed up.
   */
  ReleaseReplica(argument: Wire_slmrank_v1_ReleaseReplicaRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_slmrank_v1_PoolState>): grpc.ClientUnaryCall;
  ReleaseReplica(argument: Wire_slmrank_v1_ReleaseReplicaRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<Wire_slmrank_v1_PoolState>): grpc.ClientUnaryCall;
  ReleaseReplica(argument: Wire_slmrank_v1_ReleaseReplicaRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_slmrank_v1_PoolState>): grpc.ClientUnaryCall;
  ReleaseReplica(argument: Wire_slmrank_v1_ReleaseReplicaRequestInput, callback: grpc.requestCallback<Wire_slmrank_v1_PoolState>): grpc.ClientUnaryCall;
  /**
   * Loads a quarantined or failed slot again at once. Answers when the replica is warmed up.
   */
  releaseReplica(argument: Wire_slmrank_v1_ReleaseReplicaRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_slmrank_v1_PoolState>): grpc.ClientUnaryCall;
  releaseReplica(argument: Wire_slmrank_v1_ReleaseReplicaRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<Wire_slmrank_v1_PoolState>): grpc.ClientUnaryCall;
  releaseReplica(argument: Wire_slmrank_v1_ReleaseReplicaRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_slmrank_v1_PoolState>): grpc.ClientUnaryCall;
  releaseReplica(argument: Wire_slmrank_v1_ReleaseReplicaRequestInput, callback: grpc.requestCallback<Wire_slmrank_v1_PoolState>): grpc.ClientUnaryCall;
  
  /**
   * Changes the log level until the next restart.
   */
  SetLogLevel(argument: Wire_slmrank_v1_SetLogLevelRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_slmrank_v1_SetLogLevelResponse>): grpc.ClientUnaryCall;
  SetLogLevel(argument: Wire_slmrank_v1_SetLogLevelRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<Wire_slmrank_v1_SetLogLevelResponse>): grpc.ClientUnaryCall;
  SetLogLevel(argument: Wire_slmrank_v1_SetLogLevelRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_slmrank_v1_SetLogLevelResponse>): grpc.ClientUnaryCall;
  SetLogLevel(argument: Wire_slmrank_v1_SetLogLevelRequestInput, callback: grpc.requestCallback<Wire_slmrank_v1_SetLogLevelResponse>): grpc.ClientUnaryCall;
  /**
   * Changes the log level until the next restart.
   */
  setLogLevel(argument: Wire_slmrank_v1_SetLogLevelRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_slmrank_v1_SetLogLevelResponse>): grpc.ClientUnaryCall;
  setLogLevel(argument: Wire_slmrank_v1_SetLogLevelRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<Wire_slmrank_v1_SetLogLevelResponse>): grpc.ClientUnaryCall;
  setLogLevel(argument: Wire_slmrank_v1_SetLogLevelRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_slmrank_v1_SetLogLevelResponse>): grpc.ClientUnaryCall;
  setLogLevel(argument: Wire_slmrank_v1_SetLogLevelRequestInput, callback: grpc.requestCallback<Wire_slmrank_v1_SetLogLevelResponse>): grpc.ClientUnaryCall;
  
  /**
   * Changes which device slots have a replica, without interrupting service. New replicas are
   * loaded and warmed up before they get batches and before any old replica is drained; old
   * replicas finish their batches. Each phase change is a message; the last message has `done`. The
   * change continues if the client disconnects.
   */
  SetReplicas(argument: Wire_slmrank_v1_SetReplicasRequestInput, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<Wire_slmrank_v1_PoolProgress>;
  SetReplicas(argument: Wire_slmrank_v1_SetReplicasRequestInput, options?: grpc.CallOptions): grpc.ClientReadableStream<Wire_slmrank_v1_PoolProgress>;
  /**
   * Changes which device slots have a replica, without interrupting service. New replicas are
   * loaded and warmed up before they get batches and before any old replica is drained; old
   * replicas finish their batches. Each phase change is a message; the last message has `done`. The
   * change continues if the client disconnects.
   */
  setReplicas(argument: Wire_slmrank_v1_SetReplicasRequestInput, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<Wire_slmrank_v1_PoolProgress>;
  setReplicas(argument: Wire_slmrank_v1_SetReplicasRequestInput, options?: grpc.CallOptions): grpc.ClientReadableStream<Wire_slmrank_v1_PoolProgress>;
  
}

/**
 * For operators of the server. It has an address of its own (SLMRANK_ADMIN_ADDRESS, by default
 * 127.0.0.1:50052, 'off' for none) without TLS and without keys. Anyone who can reach the address
 * can call all of these methods, so keep it on loopback or in a private network. No method makes a
 * request fail that the server has admitted.
 * 
 * Statuses:
 * INVALID_ARGUMENT, NOT_FOUND  The field is named in google.rpc.BadRequest.
 * FAILED_PRECONDITION          The change would leave no replica, or another change is under way.
 * UNAVAILABLE                  A replica or a model failed to load (nothing has changed then), or
 * the server is draining.
 */
export interface AdminServiceHandlers extends grpc.UntypedServiceImplementation {
  /**
   * Removes one replica permanently: it gets no new batches, finishes those it has, ends its thread
   * and frees its memory. Answers after that.
   */
  DrainReplica: grpc.handleUnaryCall<Wire_slmrank_v1_DrainReplicaRequest, Wire_slmrank_v1_PoolStateInput>;
  
  /**
   * The run costs that the server has learnt. Routing, admission, EstimateRank and the watchdog use
   * them.
   */
  GetCostTable: grpc.handleUnaryCall<Wire_slmrank_v1_GetCostTableRequest, Wire_slmrank_v1_CostTableInput>;
  
  GetPoolState: grpc.handleUnaryCall<Wire_slmrank_v1_GetPoolStateRequest, Wire_slmrank_v1_PoolStateInput>;
  
  /**
   * Replaces the served model by another built model, on the same slots. The new model's manifest,
   * file sizes and checksums are checked and it is warmed up, then it gets all new requests, and
   * the old model is drained and its memory freed. Each request is ranked by a single model. Both
   * models are in memory during the change. The last message has `done`. The change continues if
   * the client disconnects.
   */
  LoadModel: grpc.handleServerStreamingCall<Wire_slmrank_v1_LoadModelRequest, Wire_slmrank_v1_PoolProgressInput>;
  
  /**
   * Like DrainReplica, but the slot stays listed as quarantined until it is released. Answers when
   * the replica's memory has been freed.
   */
  QuarantineReplica: grpc.handleUnaryCall<Wire_slmrank_v1_QuarantineReplicaRequest, Wire_slmrank_v1_PoolStateInput>;
  
  /**
   * Loads a quarantined or failed slot again at once. Answers when the replica is warmed up.
   */
  ReleaseReplica: grpc.handleUnaryCall<Wire_slmrank_v1_ReleaseReplicaRequest, Wire_slmrank_v1_PoolStateInput>;
  
  /**
   * Changes the log level until the next restart.
   */
  SetLogLevel: grpc.handleUnaryCall<Wire_slmrank_v1_SetLogLevelRequest, Wire_slmrank_v1_SetLogLevelResponseInput>;
  
  /**
   * Changes which device slots have a replica, without interrupting service. New replicas are
   * loaded and warmed up before they get batches and before any old replica is drained; old
   * replicas finish their batches. Each phase change is a message; the last message has `done`. The
   * change continues if the client disconnects.
   */
  SetReplicas: grpc.handleServerStreamingCall<Wire_slmrank_v1_SetReplicasRequest, Wire_slmrank_v1_PoolProgressInput>;
  
}

export interface AdminServiceDefinition extends grpc.ServiceDefinition {
  DrainReplica: MethodDefinition<Wire_slmrank_v1_DrainReplicaRequestInput, Wire_slmrank_v1_PoolStateInput, Wire_slmrank_v1_DrainReplicaRequest, Wire_slmrank_v1_PoolState>
  GetCostTable: MethodDefinition<Wire_slmrank_v1_GetCostTableRequestInput, Wire_slmrank_v1_CostTableInput, Wire_slmrank_v1_GetCostTableRequest, Wire_slmrank_v1_CostTable>
  GetPoolState: MethodDefinition<Wire_slmrank_v1_GetPoolStateRequestInput, Wire_slmrank_v1_PoolStateInput, Wire_slmrank_v1_GetPoolStateRequest, Wire_slmrank_v1_PoolState>
  LoadModel: MethodDefinition<Wire_slmrank_v1_LoadModelRequestInput, Wire_slmrank_v1_PoolProgressInput, Wire_slmrank_v1_LoadModelRequest, Wire_slmrank_v1_PoolProgress>
  QuarantineReplica: MethodDefinition<Wire_slmrank_v1_QuarantineReplicaRequestInput, Wire_slmrank_v1_PoolStateInput, Wire_slmrank_v1_QuarantineReplicaRequest, Wire_slmrank_v1_PoolState>
  ReleaseReplica: MethodDefinition<Wire_slmrank_v1_ReleaseReplicaRequestInput, Wire_slmrank_v1_PoolStateInput, Wire_slmrank_v1_ReleaseReplicaRequest, Wire_slmrank_v1_PoolState>
  SetLogLevel: MethodDefinition<Wire_slmrank_v1_SetLogLevelRequestInput, Wire_slmrank_v1_SetLogLevelResponseInput, Wire_slmrank_v1_SetLogLevelRequest, Wire_slmrank_v1_SetLogLevelResponse>
  SetReplicas: MethodDefinition<Wire_slmrank_v1_SetReplicasRequestInput, Wire_slmrank_v1_PoolProgressInput, Wire_slmrank_v1_SetReplicasRequest, Wire_slmrank_v1_PoolProgress>
}
