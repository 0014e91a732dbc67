import type { RunFault } from './messages.ts';

/** The words of ONNX Runtime, its CUDA provider and the C++ library, whose errors have no code. */
const noMemory =
  /bad_alloc|failed to allocate memory|out of memory|CUDA_ERROR_OUT_OF_MEMORY|available memory of \d+ is smaller than requested/i;
const deadDevice = /\bCUDA (?:failure|error)\b|CUBLAS_STATUS|CUDNN_STATUS|cudaError|CUDA_ERROR_/i;

/** Memory first: running out of it is reported as a CUDA failure too, but the device survives. */
export function faultOf(message: string): RunFault {
  if (noMemory.test(message)) {
    return 'memory';
  }
  return deadDevice.test(message) ? 'device' : 'batch';
}
