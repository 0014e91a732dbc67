// Original file: proto/inference/grpc_service.proto

import type { WireInferParameterInput as Wire_inference_InferParameterInput, WireInferParameter as Wire_inference_InferParameter } from '../inference/InferParameter.ts';
import type { WireInferTensorContentsInput as Wire_inference_InferTensorContentsInput, WireInferTensorContents as Wire_inference_InferTensorContents } from '../inference/InferTensorContents.ts';
import type { Long } from '@grpc/proto-loader';

export interface Wire_inference_ModelInferRequest_InferInputTensorInput {
  'name'?: (string);
  'datatype'?: (string);
  'shape'?: (number | string | Long)[];
  'contents'?: (Wire_inference_InferTensorContentsInput | null);
}

export interface Wire_inference_ModelInferRequest_InferInputTensor {
  'name': (string);
  'datatype': (string);
  'shape': (string)[];
  'contents': (Wire_inference_InferTensorContents | null);
}

export interface Wire_inference_ModelInferRequest_InferRequestedOutputTensorInput {
  'name'?: (string);
}

export interface Wire_inference_ModelInferRequest_InferRequestedOutputTensor {
  'name': (string);
}

/**
 * Inputs are QUERY and PASSAGE, of type BYTES and shape [B, 1] or [B]. QUERY may have one row for
 * all passages.
 */
export interface WireModelInferRequestInput {
  'modelName'?: (string);
  'modelVersion'?: (string);
  'id'?: (string);
  /**
   * "truncate": "END" or "NONE"; "timeout": microseconds; "score_fingerprint": the only model that
   * may answer, as in slmrank.v1.RankRequest.
   */
  'parameters'?: ({[key: string]: Wire_inference_InferParameterInput});
  'inputs'?: (Wire_inference_ModelInferRequest_InferInputTensorInput)[];
  'outputs'?: (Wire_inference_ModelInferRequest_InferRequestedOutputTensorInput)[];
  /**
   * In place of contents: for each input its texts, each behind its length as four bytes,
   * little-endian.
   */
  'rawInputContents'?: (Buffer | Uint8Array | string)[];
}

/**
 * Inputs are QUERY and PASSAGE, of type BYTES and shape [B, 1] or [B]. QUERY may have one row for
 * all passages.
 */
export interface WireModelInferRequest {
  'modelName': (string);
  'modelVersion': (string);
  'id': (string);
  /**
   * "truncate": "END" or "NONE"; "timeout": microseconds; "score_fingerprint": the only model that
   * may answer, as in slmrank.v1.RankRequest.
   */
  'parameters': ({[key: string]: Wire_inference_InferParameter});
  'inputs': (Wire_inference_ModelInferRequest_InferInputTensor)[];
  'outputs': (Wire_inference_ModelInferRequest_InferRequestedOutputTensor)[];
  /**
   * In place of contents: for each input its texts, each behind its length as four bytes,
   * little-endian.
   */
  'rawInputContents': (Buffer)[];
}
