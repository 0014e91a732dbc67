// Original file: proto/inference/grpc_service.proto


export interface WireModelReadyResponseInput {
  'ready'?: (boolean);
}

export interface WireModelReadyResponse {
  'ready': (boolean);
}
