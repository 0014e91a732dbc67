// Original file: proto/slmrank/v1/admin.proto

import type { WireKindCostInput as Wire_slmrank_v1_KindCostInput, WireKindCost as Wire_slmrank_v1_KindCost } from '../../slmrank/v1/KindCost.ts';
import type { WireReplicaCostInput as Wire_slmrank_v1_ReplicaCostInput, WireReplicaCost as Wire_slmrank_v1_ReplicaCost } from '../../slmrank/v1/ReplicaCost.ts';

/**
 * A run is predicted to take (fixed_ms + tokens * token_ms + slots * slot_ms) * factor
 * milliseconds.
 */
export interface WireCostTableInput {
  'kinds'?: (Wire_slmrank_v1_KindCostInput)[];
  'replicas'?: (Wire_slmrank_v1_ReplicaCostInput)[];
  /**
   * Milliseconds from arrival to the queue for the latest 1,000 requests, oldest first. Used by
   * `slmrank simulate`.
   */
  'encodeMs'?: (number | string)[];
}

/**
 * A run is predicted to take (fixed_ms + tokens * token_ms + slots * slot_ms) * factor
 * milliseconds.
 */
export interface WireCostTable {
  'kinds': (Wire_slmrank_v1_KindCost)[];
  'replicas': (Wire_slmrank_v1_ReplicaCost)[];
  /**
   * Milliseconds from arrival to the queue for the latest 1,000 requests, oldest first. Used by
   * `slmrank simulate`.
   */
  'encodeMs': (number)[];
}
