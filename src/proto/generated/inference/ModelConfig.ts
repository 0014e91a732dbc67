// Original file: proto/inference/grpc_service.proto

import type { WireModelInputInput as Wire_inference_ModelInputInput, WireModelInput as Wire_inference_ModelInput } from '../inference/ModelInput.ts';
import type { WireModelOutputInput as Wire_inference_ModelOutputInput, WireModelOutput as Wire_inference_ModelOutput } from '../inference/ModelOutput.ts';

/**
 * From Triton's model_config.proto.
 */
export interface WireModelConfigInput {
  'name'?: (string);
  'platform'?: (string);
  'maxBatchSize'?: (number);
  'input'?: (Wire_inference_ModelInputInput)[];
  'output'?: (Wire_inference_ModelOutputInput)[];
  'backend'?: (string);
}

/**
 * From Triton's model_config.proto.
 */
export interface WireModelConfig {
  'name': (string);
  'platform': (string);
  'maxBatchSize': (number);
  'input': (Wire_inference_ModelInput)[];
  'output': (Wire_inference_ModelOutput)[];
  'backend': (string);
}
