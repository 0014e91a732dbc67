import { describe, expect, test } from '@jest/globals';
import { lengthsPlan, type Products } from '../../../src/toolchain/graph/graph-plans.ts';
import { packedGraph } from '../../../src/toolchain/graph/rank-graph.ts';
import { tinyBlueprint } from '../../support/models/tiny-model.ts';

const blueprint = tinyBlueprint('qwen3');

function nodesOf(layers: number, products: Products) {
  const plan = { ...lengthsPlan, products };
  return packedGraph({ ...blueprint, layers }, { precision: 'fp32', plan }, []).nodes;
}

/** How many nodes of an operator a further layer has. */
function perLayer(products: Products, op: string): number {
  const count = (layers: number) =>
    nodesOf(layers, products).filter((node) => node.op === op).length;
  return count(3) - count(2);
}

const operators = [
  'MatMul',
  'Split',
  'SimplifiedLayerNormalization',
  'RotaryEmbedding',
  'Gather',
  'GatherND',
  'Attention',
];

describe('the products of a layer', () => {
  test.each([
    ['apart', [7, 0, 2, 2, 3, 1, 1]],
    ['paired', [6, 0, 1, 1, 3, 1, 1]],
    ['joined', [4, 2, 1, 1, 3, 1, 1]],
  ] as const)(`%s: %j nodes of ${operators.join(', ')}`, (products, expected) => {
    expect(operators.map((op) => perLayer(products, op))).toEqual(expected);
  });

  test('read the weights side by side, q before k before v', () => {
    const weightsOf = (products: Products) =>
      nodesOf(2, products)
        .filter(({ op, attributes }) => op === 'Concat' && 'int' in (attributes['axis'] ?? {}))
        .filter(({ inputs }) => inputs.some((name) => name.endsWith('_proj.weight')))
        .map(({ inputs }) => inputs.map((name) => name.split('.').at(-2)));
    expect(weightsOf('apart')).toEqual([]);
    expect(weightsOf('paired')).toEqual([['q_proj', 'k_proj']]);
    // The last layer has no joined q: it computes q for the scored rows only.
    expect(weightsOf('joined')).toEqual([
      ['q_proj', 'k_proj', 'v_proj'],
      ['gate_proj', 'up_proj'],
      ['gate_proj', 'up_proj'],
    ]);
  });

  test('have a gain for each head of q and k', () => {
    const gains = nodesOf(2, 'paired').find(
      ({ op, inputs }) => op === 'Concat' && inputs.some((name) => name.endsWith('_norm.weight')),
    );
    expect(gains?.inputs).toHaveLength(blueprint.heads + blueprint.kvHeads);
  });
});
