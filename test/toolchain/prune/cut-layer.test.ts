import { describe, expect, it } from '@jest/globals';
import {
  cutAttention,
  cutMlp,
  groupInputs,
  toInputs,
  toWeight,
} from '../../../src/toolchain/prune/cut-layer.ts';
import { tinyBlueprint } from '../../support/models/tiny-model.ts';

/** Row i of [rows, 2] is (i, 10 i). */
const matrix = (rows: number) => ({
  data: Float32Array.from({ length: 2 * rows }, (_, i) => (i >> 1) * (i % 2 ? 10 : 1)),
  dims: [rows, 2],
});
const firstColumn = (data: Float32Array | undefined) => data?.filter((_, i) => i % 2 === 0);

describe('cutting a layer', () => {
  it('keeps the rows of gate and up for the kept neurons', () => {
    const layer = new Map([
      ['mlp.gate_proj.weight', matrix(4)],
      ['mlp.up_proj.weight', matrix(4)],
      ['mlp.down_proj.weight', matrix(2)],
    ]);
    const cut = cutMlp(layer, [0, 3]);
    expect([...cut.keys()]).toEqual(['mlp.gate_proj.weight', 'mlp.up_proj.weight']);
    expect(cut.get('mlp.up_proj.weight')).toEqual({
      data: Float32Array.of(0, 0, 3, 30),
      dims: [2, 2],
    });
  });

  it('keeps query heads with their key heads, and biases', () => {
    // Two key heads of one number each, with two query heads each.
    const blueprint = { ...tinyBlueprint('llama'), heads: 4, kvHeads: 2, headDim: 1 };
    expect(groupInputs(blueprint, [1])).toEqual([2, 3]);
    const layer = new Map([
      ['self_attn.q_proj.weight', matrix(4)],
      ['self_attn.q_proj.bias', { data: Float32Array.of(5, 6, 7, 8), dims: [4] }],
      ['self_attn.k_proj.weight', matrix(2)],
      ['self_attn.v_proj.weight', matrix(2)],
    ]);
    const cut = cutAttention(layer, blueprint, [2, 3]);
    expect([...cut.keys()].toSorted()).toEqual([...layer.keys()].toSorted());
    expect(firstColumn(cut.get('self_attn.q_proj.weight')?.data)).toEqual(Float32Array.of(2, 3));
    expect(firstColumn(cut.get('self_attn.k_proj.weight')?.data)).toEqual(Float32Array.of(1));
    expect(cut.get('self_attn.q_proj.bias')).toEqual({ data: Float32Array.of(7, 8), dims: [2] });
  });

  it('converts weights to rows by input and back', () => {
    const weight = { data: Float32Array.of(1, 2, 3, 4, 5, 6), dims: [2, 3] };
    const inputs = toInputs(weight);
    expect(inputs.map((row) => [...row])).toEqual([
      [1, 4],
      [2, 5],
      [3, 6],
    ]);
    expect(toWeight(inputs)).toEqual(weight);
  });
});
