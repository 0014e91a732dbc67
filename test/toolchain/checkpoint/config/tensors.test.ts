import { describe, expect, test } from '@jest/globals';
import {
  expectedTensors,
  inputKinds,
  isRotated,
  labelHead,
  layerNames,
  readersWithin,
  toGgufName,
} from '../../../../src/toolchain/checkpoint/config/tensors.ts';
import { tinyBlueprint } from '../../../support/checkpoints/tiny.ts';

describe('expectedTensors', () => {
  test('lists a Llama model in order, linears as [out, in]', () => {
    expect([...expectedTensors(tinyBlueprint)]).toEqual([
      ['model.embed_tokens.weight', [5, 8]],
      ['model.layers.0.input_layernorm.weight', [8]],
      ['model.layers.0.self_attn.q_proj.weight', [8, 8]],
      ['model.layers.0.self_attn.k_proj.weight', [4, 8]],
      ['model.layers.0.self_attn.v_proj.weight', [4, 8]],
      ['model.layers.0.self_attn.o_proj.weight', [8, 8]],
      ['model.layers.0.post_attention_layernorm.weight', [8]],
      ['model.layers.0.mlp.gate_proj.weight', [6, 8]],
      ['model.layers.0.mlp.up_proj.weight', [6, 8]],
      ['model.layers.0.mlp.down_proj.weight', [8, 6]],
      ['model.norm.weight', [8]],
    ]);
  });

  test('adds biases, head norms and the untied head where the blueprint has them', () => {
    const plain = expectedTensors(tinyBlueprint);
    const full = expectedTensors({
      ...tinyBlueprint,
      qkvBias: true,
      qkNorm: true,
      tiedHead: false,
    });
    expect([...full].filter(([name]) => !plain.has(name))).toEqual([
      ['model.layers.0.self_attn.q_proj.bias', [8]],
      ['model.layers.0.self_attn.k_proj.bias', [4]],
      ['model.layers.0.self_attn.v_proj.bias', [4]],
      ['model.layers.0.self_attn.q_norm.weight', [4]],
      ['model.layers.0.self_attn.k_norm.weight', [4]],
      ['lm_head.weight', [5, 8]],
    ]);
  });
});

const full = { ...tinyBlueprint, qkvBias: true, qkNorm: true, tiedHead: false };

describe('the names of a layer', () => {
  test('are exactly those of the expected tensors when the model has every trait', () => {
    const expected = [...expectedTensors(full).keys()];
    expect(Object.values(layerNames(0))).toEqual(expected.slice(1, -2));
  });

  test('have a GGUF name each, with the number of the layer', () => {
    const names = Object.values(layerNames(12)).map(toGgufName);
    expect(new Set(names).size).toBe(14);
    expect(names.every((name) => /^blk\.12\.(attn|ffn)_[a-z_]+\.(weight|bias)$/.test(name))).toBe(
      true,
    );
    expect(toGgufName(layerNames(3).kBias)).toBe('blk.3.attn_k.bias');
  });
});

describe('the readers of inputs', () => {
  test('are the matrices of a layer, each in one group', () => {
    const matrices = [...expectedTensors(full)]
      .filter(([name, shape]) => name.startsWith('model.layers.0.') && shape.length === 2)
      .map(([name]) => name.slice('model.layers.0.'.length));
    expect(inputKinds.flatMap(readersWithin)).toEqual(matrices);
  });

  test('of one input are equally wide', () => {
    const shapes = expectedTensors({ ...full, width: 8, mlpWidth: 6, heads: 3 });
    const widths = inputKinds.map((kind) =>
      readersWithin(kind).map((name) => shapes.get(`model.layers.0.${name}`)?.[1]),
    );
    expect(widths).toEqual([[8, 8, 8], [12], [8, 8], [6]]);
  });
});

test.each([
  ['a tied head', {}, { name: 'model.embed_tokens.weight', shape: [5, 8] }, 'token_embd.weight'],
  [
    'an untied head',
    { tiedHead: false },
    { name: 'lm_head.weight', shape: [5, 8] },
    'output.weight',
  ],
  [
    'a classifier',
    { classes: ['yes'] },
    { name: 'score.weight', shape: [1, 8] },
    'cls.output.weight',
  ],
])('the label head of %s', (_, overrides, head, gguf) => {
  expect(labelHead({ ...tinyBlueprint, ...overrides })).toEqual(head);
  expect(toGgufName(head.name)).toBe(gguf);
});

test('only the weights of q and k are rotated', () => {
  const rotated = [...expectedTensors(full).keys()].filter(isRotated);
  expect(rotated).toEqual([layerNames(0).q, layerNames(0).k]);
});

test('a name that no model has is a bug', () => {
  expect(() => toGgufName('model.layers.0.self_attn.rotary')).toThrow(/this is a bug/);
});
