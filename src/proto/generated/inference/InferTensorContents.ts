// Original file: proto/inference/grpc_service.proto


/**
 * Only texts: the other kinds of contents are no input of a ranker.
 */
export interface WireInferTensorContentsInput {
  'bytesContents'?: (Buffer | Uint8Array | string)[];
}

/**
 * Only texts: the other kinds of contents are no input of a ranker.
 */
export interface WireInferTensorContents {
  'bytesContents': (Buffer)[];
}
