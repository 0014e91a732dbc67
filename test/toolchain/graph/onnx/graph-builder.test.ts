import { describe, expect, it } from '@jest/globals';
import { GraphBuilder } from '../../../../src/toolchain/graph/onnx/graph-builder.ts';

const weight = (name: string) => ({
  name,
  type: 'float32' as const,
  dims: [1],
  data: { kind: 'inline' as const, bytes: new Uint8Array(4) },
});

describe('a graph builder', () => {
  it('names values apart and keeps nodes in order', () => {
    const graph = new GraphBuilder();
    const x = graph.input('x', 'float32', ['T']);
    const first = graph.node('Neg', [x]);
    const second = graph.node('Neg', [first]);
    expect(new Set([x, first, second, ...graph.freshNames(2, 'Neg')]).size).toBe(5);
    graph.output(second, 'float32', ['T']);
    const model = graph.model('m', { '': 24 });
    expect(model.nodes.map(({ inputs, outputs }) => [inputs, outputs])).toEqual([
      [[x], [first]],
      [[first], [second]],
    ]);
    expect(model.inputs).toEqual([{ name: 'x', type: 'float32', dims: ['T'] }]);
    expect(model.outputs.map(({ name }) => name)).toEqual([second]);
  });

  it('stores equal constants once, and leaves unused weights out', () => {
    const graph = new GraphBuilder([weight('used'), weight('unused')]);
    const shapes = [graph.int64([1, -1]), graph.int64([1, -1]), graph.int64([1])];
    expect(shapes[0]).toBe(shapes[1]);
    expect(shapes[2]).not.toBe(shapes[0]);
    graph.node('Sum', ['used', ...shapes, graph.float32(1), graph.uint8(1)]);
    const { initializers } = graph.model('m', {});
    expect(initializers.map(({ type, dims }) => [type, dims])).toEqual([
      ['float32', [1]],
      ['int64', [2]],
      ['int64', [1]],
      ['float32', []],
      ['uint8', []],
    ]);
    const stored = initializers[1]?.data;
    const bytes = stored?.kind === 'inline' ? stored.bytes : new Uint8Array(16);
    expect([...new BigInt64Array(bytes.slice().buffer)]).toEqual([1n, -1n]);
  });
});
