// Original file: proto/slmrank/v1/admin.proto

import type { WireReplicaStateInput as Wire_slmrank_v1_ReplicaStateInput, WireReplicaState as Wire_slmrank_v1_ReplicaState } from '../../slmrank/v1/ReplicaState.ts';

export interface WirePoolStateInput {
  /**
   * The model that ranks new requests.
   */
  'model'?: (string);
  /**
   * Its folder, as it was given to the server.
   */
  'folder'?: (string);
  'scoreFingerprint'?: (string);
  /**
   * In the order of the slots; replicas that are being removed come last.
   */
  'replicas'?: (Wire_slmrank_v1_ReplicaStateInput)[];
  /**
   * The change under way, such as "resizing" or "loading NAME". Empty if there is none.
   */
  'change'?: (string);
  /**
   * Number of replaced models that are still finishing earlier requests.
   */
  'drainingModels'?: (number);
}

export interface WirePoolState {
  /**
   * The model that ranks new requests.
   */
  'model': (string);
  /**
   * Its folder, as it was given to the server.
   */
  'folder': (string);
  'scoreFingerprint': (string);
  /**
   * In the order of the slots; replicas that are being removed come last.
   */
  'replicas': (Wire_slmrank_v1_ReplicaState)[];
  /**
   * The change under way, such as "resizing" or "loading NAME". Empty if there is none.
   */
  'change': (string);
  /**
   * Number of replaced models that are still finishing earlier requests.
   */
  'drainingModels': (number);
}
