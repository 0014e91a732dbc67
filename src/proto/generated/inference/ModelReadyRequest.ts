// Original file: proto/inference/grpc_service.proto


export interface WireModelReadyRequestInput {
  'name'?: (string);
  'version'?: (string);
}

export interface WireModelReadyRequest {
  'name': (string);
  'version': (string);
}
