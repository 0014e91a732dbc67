// Original file: proto/inference/grpc_service.proto


export interface WireServerMetadataRequestInput {
}

export interface WireServerMetadataRequest {
}
