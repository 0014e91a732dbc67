// Original file: proto/slmrank/v1/admin.proto


export interface WireReplicaCostInput {
  /**
   * As in ReplicaState.
   */
  'slot'?: (string);
  /**
   * Its run times over those of its kind: 2 means half as fast.
   */
  'factor'?: (number | string);
  'runs'?: (number);
  /**
   * Moving average of |run - predicted| / run.
   */
  'error'?: (number | string);
}

export interface WireReplicaCost {
  /**
   * As in ReplicaState.
   */
  'slot': (string);
  /**
   * Its run times over those of its kind: 2 means half as fast.
   */
  'factor': (number);
  'runs': (number);
  /**
   * Moving average of |run - predicted| / run.
   */
  'error': (number);
}
