// Original file: proto/slmrank/v1/admin.proto


export interface WireReleaseReplicaRequestInput {
  'slot'?: (string);
}

export interface WireReleaseReplicaRequest {
  'slot': (string);
}
