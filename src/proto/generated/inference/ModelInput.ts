// Original file: proto/inference/grpc_service.proto

import type { WireDataTypeInput as Wire_inference_DataTypeInput, WireDataType as Wire_inference_DataType } from '../inference/DataType.ts';
import type { Long } from '@grpc/proto-loader';

export interface WireModelInputInput {
  'name'?: (string);
  'dataType'?: (Wire_inference_DataTypeInput);
  'dims'?: (number | string | Long)[];
}

export interface WireModelInput {
  'name': (string);
  'dataType': (Wire_inference_DataType);
  'dims': (string)[];
}
