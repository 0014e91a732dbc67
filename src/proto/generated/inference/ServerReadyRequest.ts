// Original file: proto/inference/grpc_service.proto


export interface WireServerReadyRequestInput {
}

export interface WireServerReadyRequest {
}
