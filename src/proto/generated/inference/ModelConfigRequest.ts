// Original file: proto/inference/grpc_service.proto


export interface WireModelConfigRequestInput {
  'name'?: (string);
  'version'?: (string);
}

export interface WireModelConfigRequest {
  'name': (string);
  'version': (string);
}
