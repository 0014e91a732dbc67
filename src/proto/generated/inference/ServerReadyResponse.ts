// Original file: proto/inference/grpc_service.proto


export interface WireServerReadyResponseInput {
  'ready'?: (boolean);
}

export interface WireServerReadyResponse {
  'ready': (boolean);
}
