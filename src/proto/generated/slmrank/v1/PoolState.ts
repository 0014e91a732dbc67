// Original file: proto/slmrank/v1/admin.proto

import type { WireReplicaStateInput as Wire_slmrank_v1_ReplicaStateInput, WireReplicaState as Wire_slmrank_v1_ReplicaState } from '../../slmrank/v1/ReplicaState.ts';

export interface WirePoolStateInput {
  /**
   * The model that new requests get.
   */
  'model'?: (string);
  /**
   * Its folder, as given to the server.
   */
  'folder'?: (string);
  'scoreFingerprint'?: (string);
  /**
   * In the order of the slots; those on their way out come last.
   */
  'replicas'?: (Wire_slmrank_v1_ReplicaStateInput)[];
  /**
   * The change under way, in words: "resizing", "loading NAME". Empty when there is none.
   */
  'change'?: (string);
  /**
   * Models that new requests do not get any more and that still finish others.
   */
  'drainingModels'?: (number);
}

export interface WirePoolState {
  /**
   * The model that new requests get.
   */
  'model': (string);
  /**
   * Its folder, as given to the server.
   */
  'folder': (string);
  'scoreFingerprint': (string);
  /**
   * In the order of the slots; those on their way out come last.
   */
  'replicas': (Wire_slmrank_v1_ReplicaState)[];
  /**
   * The change under way, in words: "resizing", "loading NAME". Empty when there is none.
   */
  'change': (string);
  /**
   * Models that new requests do not get any more and that still finish others.
   */
  'drainingModels': (number);
}
