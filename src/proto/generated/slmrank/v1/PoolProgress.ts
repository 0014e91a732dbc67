// Original file: proto/slmrank/v1/admin.proto

import type { WirePoolStateInput as Wire_slmrank_v1_PoolStateInput, WirePoolState as Wire_slmrank_v1_PoolState } from '../../slmrank/v1/PoolState.ts';

export interface WirePoolProgressInput {
  /**
   * A description for people: "cpu#1 is loading", "verifying", "shifted to NAME".
   */
  'step'?: (string);
  /**
   * Seconds since the change began.
   */
  'seconds'?: (number | string);
  /**
   * True in the last message, which also has the state of the pool after the change.
   */
  'done'?: (boolean);
  'pool'?: (Wire_slmrank_v1_PoolStateInput | null);
}

export interface WirePoolProgress {
  /**
   * A description for people: "cpu#1 is loading", "verifying", "shifted to NAME".
   */
  'step': (string);
  /**
   * Seconds since the change began.
   */
  'seconds': (number);
  /**
   * True in the last message, which also has the state of the pool after the change.
   */
  'done': (boolean);
  'pool': (Wire_slmrank_v1_PoolState | null);
}
