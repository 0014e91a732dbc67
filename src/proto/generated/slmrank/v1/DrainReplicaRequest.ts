// Original file: proto/slmrank/v1/admin.proto


export interface WireDrainReplicaRequestInput {
  /**
   * As in ReplicaState.
   */
  'slot'?: (string);
}

export interface WireDrainReplicaRequest {
  /**
   * As in ReplicaState.
   */
  'slot': (string);
}
