// Original file: proto/inference/grpc_service.proto


export interface WireServerLiveResponseInput {
  'live'?: (boolean);
}

export interface WireServerLiveResponse {
  'live': (boolean);
}
