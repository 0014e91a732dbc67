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
 * For those who run the server: on an address of its own (SLMRANK_ADMIN_ADDRESS, 127.0.0.1:50052 by default, 'off' for
 * none), in plain text and without keys. Whoever reaches it may do all of this: keep it on loopback or in a network of
 * yours. Nothing here fails a request that the server has admitted.
 * 
 * Statuses: INVALID_ARGUMENT and NOT_FOUND name the field in google.rpc.BadRequest; FAILED_PRECONDITION when the
 * change would leave no replica, or while another change is under way; UNAVAILABLE when a replica or a model does not
 * load (all is as it was before), or while the server drains.
 */
export interface AdminServiceClient extends grpc.Client {
  /**
   * Takes one replica out for good: no new work, what it holds is finished, its thread ends and its memory is free.
   * Answered after that.
   */
  DrainReplica(argument: Wire_slmrank_v1_DrainReplicaRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_slmrank_v1_PoolState>): grpc.ClientUnaryCall;
  DrainReplica(argument: Wire_slmrank_v1_DrainReplicaRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<Wire_slmrank_v1_PoolState>): grpc.ClientUnaryCall;
  DrainReplica(argument: Wire_slmrank_v1_DrainReplicaRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_slmrank_v1_PoolState>): grpc.ClientUnaryCall;
  DrainReplica(argument: Wire_slmrank_v1_DrainReplicaRequestInput, callback: grpc.requestCallback<Wire_slmrank_v1_PoolState>): grpc.ClientUnaryCall;
  /**
   * Takes one replica out for good: no new work, what it holds is finished, its thread ends and its memory is free.
   * Answered after that.
   */
  drainReplica(argument: Wire_slmrank_v1_DrainReplicaRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_slmrank_v1_PoolState>): grpc.ClientUnaryCall;
  drainReplica(argument: Wire_slmrank_v1_DrainReplicaRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<Wire_slmrank_v1_PoolState>): grpc.ClientUnaryCall;
  drainReplica(argument: Wire_slmrank_v1_DrainReplicaRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_slmrank_v1_PoolState>): grpc.ClientUnaryCall;
  drainReplica(argument: Wire_slmrank_v1_DrainReplicaRequestInput, callback: grpc.requestCallback<Wire_slmrank_v1_PoolState>): grpc.ClientUnaryCall;
  
  /**
   * What the server has learnt of what runs cost. Routing, admission, EstimateRank and the watchdog go by it.
   */
  GetCostTable(argument: Wire_slmrank_v1_GetCostTableRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_slmrank_v1_CostTable>): grpc.ClientUnaryCall;
  GetCostTable(argument: Wire_slmrank_v1_GetCostTableRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<Wire_slmrank_v1_CostTable>): grpc.ClientUnaryCall;
  GetCostTable(argument: Wire_slmrank_v1_GetCostTableRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_slmrank_v1_CostTable>): grpc.ClientUnaryCall;
  GetCostTable(argument: Wire_slmrank_v1_GetCostTableRequestInput, callback: grpc.requestCallback<Wire_slmrank_v1_CostTable>): grpc.ClientUnaryCall;
  /**
   * What the server has learnt of what runs cost. Routing, admission, EstimateRank and the watchdog go by it.
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
   * Loads a built model beside the one that serves, on the same slots: checks its manifest, sizes and checksums, warms
   * it, gives it all new requests from one moment on, then drains the old one and frees its memory. A request is
   * ranked by one model from beginning to end. Both are in memory meanwhile. The last message has `done`. The change
   * goes on when the caller leaves.
   */
  LoadModel(argument: Wire_slmrank_v1_LoadModelRequestInput, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<Wire_slmrank_v1_PoolProgress>;
  LoadModel(argument: Wire_slmrank_v1_LoadModelRequestInput, options?: grpc.CallOptions): grpc.ClientReadableStream<Wire_slmrank_v1_PoolProgress>;
  /**
   * Loads a built model beside the one that serves, on the same slots: checks its manifest, sizes and checksums, warms
   * it, gives it all new requests from one moment on, then drains the old one and frees its memory. A request is
   * ranked by one model from beginning to end. Both are in memory meanwhile. The last message has `done`. The change
   * goes on when the caller leaves.
   */
  loadModel(argument: Wire_slmrank_v1_LoadModelRequestInput, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<Wire_slmrank_v1_PoolProgress>;
  loadModel(argument: Wire_slmrank_v1_LoadModelRequestInput, options?: grpc.CallOptions): grpc.ClientReadableStream<Wire_slmrank_v1_PoolProgress>;
  
  /**
   * The same, but the slot stays listed as quarantined until it is released. Answered when its memory is free.
   */
  QuarantineReplica(argument: Wire_slmrank_v1_QuarantineReplicaRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_slmrank_v1_PoolState>): grpc.ClientUnaryCall;
  QuarantineReplica(argument: Wire_slmrank_v1_QuarantineReplicaRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<Wire_slmrank_v1_PoolState>): grpc.ClientUnaryCall;
  QuarantineReplica(argument: Wire_slmrank_v1_QuarantineReplicaRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_slmrank_v1_PoolState>): grpc.ClientUnaryCall;
  QuarantineReplica(argument: Wire_slmrank_v1_QuarantineReplicaRequestInput, callback: grpc.requestCallback<Wire_slmrank_v1_PoolState>): grpc.ClientUnaryCall;
  /**
   * The same, but the slot stays listed as quarantined until it is released. Answered when its memory is free.
   */
  quarantineReplica(argument: Wire_slmrank_v1_QuarantineReplicaRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_slmrank_v1_PoolState>): grpc.ClientUnaryCall;
  quarantineReplica(argument: Wire_slmrank_v1_QuarantineReplicaRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<Wire_slmrank_v1_PoolState>): grpc.ClientUnaryCall;
  quarantineReplica(argument: Wire_slmrank_v1_QuarantineReplicaRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_slmrank_v1_PoolState>): grpc.ClientUnaryCall;
  quarantineReplica(argument: Wire_slmrank_v1_QuarantineReplicaRequestInput, callback: grpc.requestCallback<Wire_slmrank_v1_PoolState>): grpc.ClientUnaryCall;
  
  /**
   * Loads a quarantined or failed slot again, now. Answered when it is warm.
   */
  ReleaseReplica(argument: Wire_slmrank_v1_ReleaseReplicaRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_slmrank_v1_PoolState>): grpc.ClientUnaryCall;
  ReleaseReplica(argument: Wire_slmrank_v1_ReleaseReplicaRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<Wire_slmrank_v1_PoolState>): grpc.ClientUnaryCall;
  ReleaseReplica(argument: Wire_slmrank_v1_ReleaseReplicaRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_slmrank_v1_PoolState>): grpc.ClientUnaryCall;
  ReleaseReplica(argument: Wire_slmrank_v1_ReleaseReplicaRequestInput, callback: grpc.requestCallback<Wire_slmrank_v1_PoolState>): grpc.ClientUnaryCall;
  /**
   * Loads a quarantined or failed slot again, now. Answered when it is warm.
   */
  releaseReplica(argument: Wire_slmrank_v1_ReleaseReplicaRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_slmrank_v1_PoolState>): grpc.ClientUnaryCall;
  releaseReplica(argument: Wire_slmrank_v1_ReleaseReplicaRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<Wire_slmrank_v1_PoolState>): grpc.ClientUnaryCall;
  releaseReplica(argument: Wire_slmrank_v1_ReleaseReplicaRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_slmrank_v1_PoolState>): grpc.ClientUnaryCall;
  releaseReplica(argument: Wire_slmrank_v1_ReleaseReplicaRequestInput, callback: grpc.requestCallback<Wire_slmrank_v1_PoolState>): grpc.ClientUnaryCall;
  
  /**
   * Until the next restart.
   */
  SetLogLevel(argument: Wire_slmrank_v1_SetLogLevelRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_slmrank_v1_SetLogLevelResponse>): grpc.ClientUnaryCall;
  SetLogLevel(argument: Wire_slmrank_v1_SetLogLevelRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<Wire_slmrank_v1_SetLogLevelResponse>): grpc.ClientUnaryCall;
  SetLogLevel(argument: Wire_slmrank_v1_SetLogLevelRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_slmrank_v1_SetLogLevelResponse>): grpc.ClientUnaryCall;
  SetLogLevel(argument: Wire_slmrank_v1_SetLogLevelRequestInput, callback: grpc.requestCallback<Wire_slmrank_v1_SetLogLevelResponse>): grpc.ClientUnaryCall;
  /**
   * Until the next restart.
   */
  setLogLevel(argument: Wire_slmrank_v1_SetLogLevelRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_slmrank_v1_SetLogLevelResponse>): grpc.ClientUnaryCall;
  setLogLevel(argument: Wire_slmrank_v1_SetLogLevelRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<Wire_slmrank_v1_SetLogLevelResponse>): grpc.ClientUnaryCall;
  setLogLevel(argument: Wire_slmrank_v1_SetLogLevelRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<Wire_slmrank_v1_SetLogLevelResponse>): grpc.ClientUnaryCall;
  setLogLevel(argument: Wire_slmrank_v1_SetLogLevelRequestInput, callback: grpc.requestCallback<Wire_slmrank_v1_SetLogLevelResponse>): grpc.ClientUnaryCall;
  
  /**
   * Changes which device slots have a replica, while they serve: new ones are loaded and warm before they get work and
   * before any old one is drained; old ones finish what they hold. Tells every change of a phase; the last message has
   * `done`. The change goes on when the caller leaves.
   */
  SetReplicas(argument: Wire_slmrank_v1_SetReplicasRequestInput, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<Wire_slmrank_v1_PoolProgress>;
  SetReplicas(argument: Wire_slmrank_v1_SetReplicasRequestInput, options?: grpc.CallOptions): grpc.ClientReadableStream<Wire_slmrank_v1_PoolProgress>;
  /**
   * Changes which device slots have a replica, while they serve: new ones are loaded and warm before they get work and
   * before any old one is drained; old ones finish what they hold. Tells every change of a phase; the last message has
   * `done`. The change goes on when the caller leaves.
   */
  setReplicas(argument: Wire_slmrank_v1_SetReplicasRequestInput, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<Wire_slmrank_v1_PoolProgress>;
  setReplicas(argument: Wire_slmrank_v1_SetReplicasRequestInput, options?: grpc.CallOptions): grpc.ClientReadableStream<Wire_slmrank_v1_PoolProgress>;
  
}

/**
 * For those who run the server: on an address of its own (SLMRANK_ADMIN_ADDRESS, 127.0.0.1:50052 by default, 'off' for
 * none), in plain text and without keys. Whoever reaches it may do all of this: keep it on loopback or in a network of
 * yours. Nothing here fails a request that the server has admitted.
 * 
 * Statuses: INVALID_ARGUMENT and NOT_FOUND name the field in google.rpc.BadRequest; FAILED_PRECONDITION when the
 * change would leave no replica, or while another change is under way; UNAVAILABLE when a replica or a model does not
 * load (all is as it was before), or while the server drains.
 */
export interface AdminServiceHandlers extends grpc.UntypedServiceImplementation {
  /**
   * Takes one replica out for good: no new work, what it holds is finished, its thread ends and its memory is free.
   * Answered after that.
   */
  DrainReplica: grpc.handleUnaryCall<Wire_slmrank_v1_DrainReplicaRequest, Wire_slmrank_v1_PoolStateInput>;
  
  /**
   * What the server has learnt of what runs cost. Routing, admission, EstimateRank and the watchdog go by it.
   */
  GetCostTable: grpc.handleUnaryCall<Wire_slmrank_v1_GetCostTableRequest, Wire_slmrank_v1_CostTableInput>;
  
  GetPoolState: grpc.handleUnaryCall<Wire_slmrank_v1_GetPoolStateRequest, Wire_slmrank_v1_PoolStateInput>;
  
  /**
   * Loads a built model beside the one that serves, on the same slots: checks its manifest, sizes and checksums, warms
   * it, gives it all new requests from one moment on, then drains the old one and frees its memory. A request is
   * ranked by one model from beginning to end. Both are in memory meanwhile. The last message has `done`. The change
   * goes on when the caller leaves.
   */
  LoadModel: grpc.handleServerStreamingCall<Wire_slmrank_v1_LoadModelRequest, Wire_slmrank_v1_PoolProgressInput>;
  
  /**
   * The same, but the slot stays listed as quarantined until it is released. Answered when its memory is free.
   */
  QuarantineReplica: grpc.handleUnaryCall<Wire_slmrank_v1_QuarantineReplicaRequest, Wire_slmrank_v1_PoolStateInput>;
  
  /**
   * Loads a quarantined or failed slot again, now. Answered when it is warm.
   */
  ReleaseReplica: grpc.handleUnaryCall<Wire_slmrank_v1_ReleaseReplicaRequest, Wire_slmrank_v1_PoolStateInput>;
  
  /**
   * Until the next restart.
   */
  SetLogLevel: grpc.handleUnaryCall<Wire_slmrank_v1_SetLogLevelRequest, Wire_slmrank_v1_SetLogLevelResponseInput>;
  
  /**
   * Changes which device slots have a replica, while they serve: new ones are loaded and warm before they get work and
   * before any old one is drained; old ones finish what they hold. Tells every change of a phase; the last message has
   * `done`. The change goes on when the caller leaves.
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
