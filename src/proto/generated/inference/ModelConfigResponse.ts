// Original file: proto/inference/grpc_service.proto

import type { WireModelConfigInput as Wire_inference_ModelConfigInput, WireModelConfig as Wire_inference_ModelConfig } from '../inference/ModelConfig.ts';

export interface WireModelConfigResponseInput {
  'config'?: (Wire_inference_ModelConfigInput | null);
}

export interface WireModelConfigResponse {
  'config': (Wire_inference_ModelConfig | null);
}
