// Original file: proto/slmrank/v1/admin.proto


export interface WireQuarantineReplicaRequestInput {
  'slot'?: (string);
  /**
   * For the pool's state and the logs, at most 200 characters. "by an operator" when empty.
   */
  'reason'?: (string);
}

export interface WireQuarantineReplicaRequest {
  'slot': (string);
  /**
   * For the pool's state and the logs, at most 200 characters. "by an operator" when empty.
   */
  'reason': (string);
}
