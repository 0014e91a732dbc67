// Original file: proto/inference/grpc_service.proto


export interface WireModelMetadataRequestInput {
  'name'?: (string);
  'version'?: (string);
}

export interface WireModelMetadataRequest {
  'name': (string);
  'version': (string);
}
