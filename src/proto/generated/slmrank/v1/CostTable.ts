// Original file: proto/slmrank/v1/admin.proto

import type { WireKindCostInput as Wire_slmrank_v1_KindCostInput, WireKindCost as Wire_slmrank_v1_KindCost } from '../../slmrank/v1/KindCost.ts';
import type { WireReplicaCostInput as Wire_slmrank_v1_ReplicaCostInput, WireReplicaCost as Wire_slmrank_v1_ReplicaCost } from '../../slmrank/v1/ReplicaCost.ts';

/**
 * A run is predicted to take (fixed_ms + tokens * token_ms + slots * slot_ms) * factor milliseconds.
 */
export interface WireCostTableInput {
  'kinds'?: (Wire_slmrank_v1_KindCostInput)[];
  'replicas'?: (Wire_slmrank_v1_ReplicaCostInput)[];
  /**
   * From arrival to the queue, of the newest 1,000 requests in order of time. For `slmrank simulate`.
   */
  'encodeMs'?: (number | string)[];
}

/**
 * A run is predicted to take (fixed_ms + tokens * token_ms + slots * slot_ms) * factor milliseconds.
 */
export interface WireCostTable {
  'kinds': (Wire_slmrank_v1_KindCost)[];
  'replicas': (Wire_slmrank_v1_ReplicaCost)[];
  /**
   * From arrival to the queue, of the newest 1,000 requests in order of time. For `slmrank simulate`.
   */
  'encodeMs': (number)[];
}
