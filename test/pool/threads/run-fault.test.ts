import { expect, test } from '@jest/globals';
import { faultOf } from '../../../src/pool/threads/run-fault.ts';

test.each([
  ['std::bad_alloc', 'memory'],
  ['Failed to allocate memory for requested buffer of size 8388608', 'memory'],
  ['Available memory of 1048576 is smaller than requested bytes of 8388608', 'memory'],
  ['CUDA failure 2: out of memory ; GPU=0 ; hostname=h ; expr=cudaMalloc(&p, size)', 'memory'],
  ['CUDA failure 700: an illegal memory access was encountered ; GPU=1', 'device'],
  ['CUBLAS failure 14: CUBLAS_STATUS_INTERNAL_ERROR ; GPU=0', 'device'],
  ['Non-zero status code returned while running Gather node. Name: tiles', 'batch'],
  ['the graph gave float32[2,1] for 3 candidates; this is a bug', 'batch'],
])('%s is the fault of the %s', (message, fault) => {
  expect(faultOf(message)).toBe(fault);
});
