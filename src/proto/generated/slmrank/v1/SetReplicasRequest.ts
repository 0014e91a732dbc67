// Original file: proto/slmrank/v1/admin.proto


export interface WireSetReplicasRequestInput {
  /**
   * All slots, as in SLMRANK_DEVICES: "cpu:4", "cpu:2x2", "cuda:0*2,cuda:1". They must be of the
   * kind in use, cpu or cuda.
   */
  'devices'?: (string);
  /**
   * The number of slots, like the existing ones: on CPU with the same threads per slot, on CUDA
   * spread evenly over the devices in use.
   */
  'count'?: (number);
  /**
   * Exactly one must be set.
   */
  'target'?: "devices"|"count";
}

export interface WireSetReplicasRequest {
  /**
   * All slots, as in SLMRANK_DEVICES: "cpu:4", "cpu:2x2", "cuda:0*2,cuda:1". They must be of the
   * kind in use, cpu or cuda.
   */
  'devices'?: (string);
  /**
   * The number of slots, like the existing ones: on CPU with the same threads per slot, on CUDA
   * spread evenly over the devices in use.
   */
  'count'?: (number);
  /**
   * Exactly one must be set.
   */
  'target'?: "devices"|"count";
}
