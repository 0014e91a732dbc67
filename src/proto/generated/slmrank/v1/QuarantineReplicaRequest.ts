// Original file: proto/slmrank/v1/admin.proto


export interface WireQuarantineReplicaRequestInput {
  'slot'?: (string);
  /**
   * Shown in the pool's state and in the logs, at most 200 characters. If empty, "by an operator".
   */
  'reason'?: (string);
}

export interface WireQuarantineReplicaRequest {
  'slot': (string);
  /**
   * Shown in the pool's state and in the logs, at most 200 characters. If empty, "by an operator".
   */
  'reason': (string);
}
