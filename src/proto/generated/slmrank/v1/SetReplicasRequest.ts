// Original file: proto/slmrank/v1/admin.proto


export interface WireSetReplicasRequestInput {
  /**
   * All slots, as in SLMRANK_DEVICES: "cpu:4", "cpu:2x2", "cuda:0*2,cuda:1". Of the kind that serves: cpu or cuda.
   */
  'devices'?: (string);
  /**
   * So many slots like those there are: on CPU with the same threads each, on CUDA dealt out evenly to the devices
   * in use.
   */
  'count'?: (number);
  /**
   * One of them.
   */
  'target'?: "devices"|"count";
}

export interface WireSetReplicasRequest {
  /**
   * All slots, as in SLMRANK_DEVICES: "cpu:4", "cpu:2x2", "cuda:0*2,cuda:1". Of the kind that serves: cpu or cuda.
   */
  'devices'?: (string);
  /**
   * So many slots like those there are: on CPU with the same threads each, on CUDA dealt out evenly to the devices
   * in use.
   */
  'count'?: (number);
  /**
   * One of them.
   */
  'target'?: "devices"|"count";
}
