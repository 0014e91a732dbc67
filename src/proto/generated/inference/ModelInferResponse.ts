// Original file: proto/inference/grpc_service.proto

import type { WireInferParameterInput as Wire_inference_InferParameterInput, WireInferParameter as Wire_inference_InferParameter } from '../inference/InferParameter.ts';
import type { Long } from '@grpc/proto-loader';

export interface Wire_inference_ModelInferResponse_InferOutputTensorInput {
  'name'?: (string);
  'datatype'?: (string);
  'shape'?: (number | string | Long)[];
}

export interface Wire_inference_ModelInferResponse_InferOutputTensor {
  'name': (string);
  'datatype': (string);
  'shape': (string)[];
}

/**
 * Outputs are SCORE and LOGIT (FP32) and TOKENS (INT32), of the shape of PASSAGE, in its order.
 */
export interface WireModelInferResponseInput {
  'modelName'?: (string);
  'modelVersion'?: (string);
  'id'?: (string);
  /**
   * "score_fingerprint": of the model that has answered.
   */
  'parameters'?: ({[key: string]: Wire_inference_InferParameterInput});
  'outputs'?: (Wire_inference_ModelInferResponse_InferOutputTensorInput)[];
  'rawOutputContents'?: (Buffer | Uint8Array | string)[];
}

/**
 * Outputs are SCORE and LOGIT (FP32) and TOKENS (INT32), of the shape of PASSAGE, in its order.
 */
export interface WireModelInferResponse {
  'modelName': (string);
  'modelVersion': (string);
  'id': (string);
  /**
   * "score_fingerprint": of the model that has answered.
   */
  'parameters': ({[key: string]: Wire_inference_InferParameter});
  'outputs': (Wire_inference_ModelInferResponse_InferOutputTensor)[];
  'rawOutputContents': (Buffer)[];
}
