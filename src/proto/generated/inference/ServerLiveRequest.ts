// Original file: proto/inference/grpc_service.proto


export interface WireServerLiveRequestInput {
}

export interface WireServerLiveRequest {
}
