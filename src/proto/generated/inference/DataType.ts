// Original file: proto/inference/grpc_service.proto

export const DataType = {
  TYPE_INVALID: 'TYPE_INVALID',
  TYPE_INT32: 'TYPE_INT32',
  TYPE_FP32: 'TYPE_FP32',
  TYPE_STRING: 'TYPE_STRING',
} as const;

export type WireDataTypeInput =
  | 'TYPE_INVALID'
  | 0
  | 'TYPE_INT32'
  | 8
  | 'TYPE_FP32'
  | 11
  | 'TYPE_STRING'
  | 13

export type WireDataType = typeof DataType[keyof typeof DataType]
