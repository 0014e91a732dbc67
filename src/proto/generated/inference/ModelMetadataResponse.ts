// Original file: proto/inference/grpc_service.proto

import type { Long } from '@grpc/proto-loader';

export interface Wire_inference_ModelMetadataResponse_TensorMetadataInput {
  'name'?: (string);
  'datatype'?: (string);
  'shape'?: (number | string | Long)[];
}

export interface Wire_inference_ModelMetadataResponse_TensorMetadata {
  'name': (string);
  'datatype': (string);
  'shape': (string)[];
}

export interface WireModelMetadataResponseInput {
  'name'?: (string);
  'versions'?: (string)[];
  'platform'?: (string);
  'inputs'?: (Wire_inference_ModelMetadataResponse_TensorMetadataInput)[];
  'outputs'?: (Wire_inference_ModelMetadataResponse_TensorMetadataInput)[];
}

export interface WireModelMetadataResponse {
  'name': (string);
  'versions': (string)[];
  'platform': (string);
  'inputs': (Wire_inference_ModelMetadataResponse_TensorMetadata)[];
  'outputs': (Wire_inference_ModelMetadataResponse_TensorMetadata)[];
}
