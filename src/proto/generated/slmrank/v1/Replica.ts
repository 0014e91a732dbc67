// Original file: proto/slmrank/v1/ranking.proto


export interface WireReplicaInput {
  /**
   * "cpu#0", "cuda:1"
   */
  'deviceSlot'?: (string);
  /**
   * "loading", "ready", "failed", "quarantined", "draining", "closed"
   */
  'phase'?: (string);
  'batches'?: (number);
}

export interface WireReplica {
  /**
   * "cpu#0", "cuda:1"
   */
  'deviceSlot': (string);
  /**
   * "loading", "ready", "failed", "quarantined", "draining", "closed"
   */
  'phase': (string);
  'batches': (number);
}
