import { expect, test } from '@jest/globals';
import { sumOperators } from '../../../bench/gpu/profile.ts';

function node(operator: string, dur: number, provider = 'CUDAExecutionProvider') {
  const args = { op_name: operator, provider };
  return { cat: 'Node', name: `${operator}_1_kernel_time`, dur, args };
}

test('operators are summed by provider, without the first run and other events', () => {
  const run = (us: number) => [
    node('MatMul', us),
    node('MatMul', us),
    node('Concat', 5, 'CPUExecutionProvider'),
    { cat: 'Session', name: 'model_run', dur: 10_000 },
    { cat: 'Node', name: 'MatMul_1_fence_before', dur: 1_000, args: { op_name: 'MatMul' } },
  ];
  expect(sumOperators([...run(9_999), ...run(100), ...run(300)], 3)).toEqual([
    { operator: 'MatMul', provider: 'CUDA', nodes: 2, ms: 0.4 },
    { operator: 'Concat', provider: 'CPU', nodes: 1, ms: 0.005 },
  ]);
});
