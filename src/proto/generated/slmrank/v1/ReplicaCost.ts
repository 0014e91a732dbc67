// Original file: proto/slmrank/v1/admin.proto


export interface WireReplicaCostInput {
  /**
   * As in ReplicaState.
   */
  'slot'?: (string);
  /**
   * Its run times over its kind's: 2 is half as fast.
   */
  'factor'?: (number | string);
  'runs'?: (number);
  /**
   * Mean of |run - predicted| / run, the newest runs counting most.
   */
  'error'?: (number | string);
}

export interface WireReplicaCost {
  /**
   * As in ReplicaState.
   */
  'slot': (string);
  /**
   * Its run times over its kind's: 2 is half as fast.
   */
  'factor': (number);
  'runs': (number);
  /**
   * Mean of |run - predicted| / run, the newest runs counting most.
   */
  'error': (number);
}
