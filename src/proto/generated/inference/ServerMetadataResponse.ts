// Original file: proto/inference/grpc_service.proto


export interface WireServerMetadataResponseInput {
  'name'?: (string);
  'version'?: (string);
  'extensions'?: (string)[];
}

export interface WireServerMetadataResponse {
  'name': (string);
  'version': (string);
  'extensions': (string)[];
}
