import { expect, test } from '@jest/globals';
import type { BlockContext } from '../../../src/toolchain/graph/blocks.ts';
import { packedKeys, storedKeys } from '../../../src/toolchain/graph/key-pool.ts';
import { GraphBuilder } from '../../../src/toolchain/graph/onnx/graph-builder.ts';
import { tinyBlueprint } from '../../support/models/tiny-model.ts';

function open() {
  const graph = new GraphBuilder();
  const blueprint = { ...tinyBlueprint('llama'), layers: 2 };
  const context: BlockContext = { graph, blueprint, type: 'float32', int8Weights: new Set() };
  return { context, model: () => graph.model('m', {}) };
}

test('packed keys are gathered as they are, and the graph has no further inputs', () => {
  const { context, model } = open();
  const pool = packedKeys(context);
  expect(pool.join('k', 0, 0)).toBe('k');
  pool.gather('k', 'index');
  pool.finish();
  const { nodes, inputs, outputs } = model();
  expect(nodes.map(({ op, inputs: from }) => [op, ...from])).toEqual([['Gather', 'k', 'index']]);
  expect([inputs, outputs]).toEqual([[], []]);
});

test('the pool of stored keys returns every part of every layer, in the order it reads them', () => {
  const { context, model } = open();
  const pool = storedKeys(context);
  for (const layer of [0, 1]) {
    pool.join(`v${layer}`, layer, 1);
    pool.join(`k${layer}`, layer, 0);
  }
  pool.finish();
  const { nodes, inputs, outputs } = model();
  const made = new Map(nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
  const sourceOf = (name: string): string => {
    const from = made.get(name)?.inputs[0];
    return from === undefined ? name : sourceOf(from);
  };
  const last = nodes.at(-1);
  expect(last?.outputs).toEqual(['states']);
  expect(last?.inputs.map(sourceOf)).toEqual(['k0', 'v0', 'k1', 'v1']);
  expect(inputs).toEqual([
    { name: 'stored', type: 'float16', dims: ['U', 4, 16] },
    { name: 'kept', type: 'int32', dims: ['M'] },
  ]);
  expect(outputs).toEqual([{ name: 'states', type: 'float16', dims: ['M', 64] }]);
});
