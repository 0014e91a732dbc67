import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { AdminServiceClient as _slmrank_v1_AdminServiceClient, AdminServiceDefinition as _slmrank_v1_AdminServiceDefinition } from './slmrank/v1/AdminService.ts';
import type { WireCostTableInput as Wire_slmrank_v1_CostTableInput, WireCostTable as Wire_slmrank_v1_CostTable } from './slmrank/v1/CostTable.ts';
import type { WireDrainReplicaRequestInput as Wire_slmrank_v1_DrainReplicaRequestInput, WireDrainReplicaRequest as Wire_slmrank_v1_DrainReplicaRequest } from './slmrank/v1/DrainReplicaRequest.ts';
import type { WireGetCostTableRequestInput as Wire_slmrank_v1_GetCostTableRequestInput, WireGetCostTableRequest as Wire_slmrank_v1_GetCostTableRequest } from './slmrank/v1/GetCostTableRequest.ts';
import type { WireGetPoolStateRequestInput as Wire_slmrank_v1_GetPoolStateRequestInput, WireGetPoolStateRequest as Wire_slmrank_v1_GetPoolStateRequest } from './slmrank/v1/GetPoolStateRequest.ts';
import type { WireKindCostInput as Wire_slmrank_v1_KindCostInput, WireKindCost as Wire_slmrank_v1_KindCost } from './slmrank/v1/KindCost.ts';
import type { WireLoadModelRequestInput as Wire_slmrank_v1_LoadModelRequestInput, WireLoadModelRequest as Wire_slmrank_v1_LoadModelRequest } from './slmrank/v1/LoadModelRequest.ts';
import type { WirePoolProgressInput as Wire_slmrank_v1_PoolProgressInput, WirePoolProgress as Wire_slmrank_v1_PoolProgress } from './slmrank/v1/PoolProgress.ts';
import type { WirePoolStateInput as Wire_slmrank_v1_PoolStateInput, WirePoolState as Wire_slmrank_v1_PoolState } from './slmrank/v1/PoolState.ts';
import type { WireQuarantineReplicaRequestInput as Wire_slmrank_v1_QuarantineReplicaRequestInput, WireQuarantineReplicaRequest as Wire_slmrank_v1_QuarantineReplicaRequest } from './slmrank/v1/QuarantineReplicaRequest.ts';
import type { WireReleaseReplicaRequestInput as Wire_slmrank_v1_ReleaseReplicaRequestInput, WireReleaseReplicaRequest as Wire_slmrank_v1_ReleaseReplicaRequest } from './slmrank/v1/ReleaseReplicaRequest.ts';
import type { WireReplicaCostInput as Wire_slmrank_v1_ReplicaCostInput, WireReplicaCost as Wire_slmrank_v1_ReplicaCost } from './slmrank/v1/ReplicaCost.ts';
import type { WireReplicaStateInput as Wire_slmrank_v1_ReplicaStateInput, WireReplicaState as Wire_slmrank_v1_ReplicaState } from './slmrank/v1/ReplicaState.ts';
import type { WireSetLogLevelRequestInput as Wire_slmrank_v1_SetLogLevelRequestInput, WireSetLogLevelRequest as Wire_slmrank_v1_SetLogLevelRequest } from './slmrank/v1/SetLogLevelRequest.ts';
import type { WireSetLogLevelResponseInput as Wire_slmrank_v1_SetLogLevelResponseInput, WireSetLogLevelResponse as Wire_slmrank_v1_SetLogLevelResponse } from './slmrank/v1/SetLogLevelResponse.ts';
import type { WireSetReplicasRequestInput as Wire_slmrank_v1_SetReplicasRequestInput, WireSetReplicasRequest as Wire_slmrank_v1_SetReplicasRequest } from './slmrank/v1/SetReplicasRequest.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  slmrank: {
    v1: {
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
      AdminService: SubtypeConstructor<typeof grpc.Client, _slmrank_v1_AdminServiceClient> & { service: _slmrank_v1_AdminServiceDefinition }
      CostTable: MessageTypeDefinition<Wire_slmrank_v1_CostTableInput, Wire_slmrank_v1_CostTable>
      DrainReplicaRequest: MessageTypeDefinition<Wire_slmrank_v1_DrainReplicaRequestInput, Wire_slmrank_v1_DrainReplicaRequest>
      GetCostTableRequest: MessageTypeDefinition<Wire_slmrank_v1_GetCostTableRequestInput, Wire_slmrank_v1_GetCostTableRequest>
      GetPoolStateRequest: MessageTypeDefinition<Wire_slmrank_v1_GetPoolStateRequestInput, Wire_slmrank_v1_GetPoolStateRequest>
      KindCost: MessageTypeDefinition<Wire_slmrank_v1_KindCostInput, Wire_slmrank_v1_KindCost>
      LoadModelRequest: MessageTypeDefinition<Wire_slmrank_v1_LoadModelRequestInput, Wire_slmrank_v1_LoadModelRequest>
      PoolProgress: MessageTypeDefinition<Wire_slmrank_v1_PoolProgressInput, Wire_slmrank_v1_PoolProgress>
      PoolState: MessageTypeDefinition<Wire_slmrank_v1_PoolStateInput, Wire_slmrank_v1_PoolState>
      QuarantineReplicaRequest: MessageTypeDefinition<Wire_slmrank_v1_QuarantineReplicaRequestInput, Wire_slmrank_v1_QuarantineReplicaRequest>
      ReleaseReplicaRequest: MessageTypeDefinition<Wire_slmrank_v1_ReleaseReplicaRequestInput, Wire_slmrank_v1_ReleaseReplicaRequest>
      ReplicaCost: MessageTypeDefinition<Wire_slmrank_v1_ReplicaCostInput, Wire_slmrank_v1_ReplicaCost>
      ReplicaState: MessageTypeDefinition<Wire_slmrank_v1_ReplicaStateInput, Wire_slmrank_v1_ReplicaState>
      SetLogLevelRequest: MessageTypeDefinition<Wire_slmrank_v1_SetLogLevelRequestInput, Wire_slmrank_v1_SetLogLevelRequest>
      SetLogLevelResponse: MessageTypeDefinition<Wire_slmrank_v1_SetLogLevelResponseInput, Wire_slmrank_v1_SetLogLevelResponse>
      SetReplicasRequest: MessageTypeDefinition<Wire_slmrank_v1_SetReplicasRequestInput, Wire_slmrank_v1_SetReplicasRequest>
    }
  }
}

