import { describe, expect, test } from '@jest/globals';
import { parseBlueprint } from '../../../../src/toolchain/checkpoint/config/blueprint.ts';
import { asObject } from '../../../../src/toolchain/files/limited-json.ts';
import { tinyBlueprint, tinyConfig } from '../../../support/checkpoints/tiny.ts';

function parse(overrides: Record<string, unknown> = {}) {
  return parseBlueprint(asObject(tinyConfig(overrides), 'config.json'), 'config.json');
}

const qwen3 = { architectures: ['Qwen3ForCausalLM'], head_dim: 16 };

describe('parseBlueprint', () => {
  test('reads a Llama config', () => {
    expect(parse()).toEqual(tinyBlueprint);
  });

  test('reads a Qwen3 config, whose head size is apart from width over heads', () => {
    expect(parse(qwen3)).toEqual({ ...tinyBlueprint, family: 'qwen3', qkNorm: true, headDim: 16 });
  });

  test('gives Qwen2 its biases', () => {
    const expected = { ...tinyBlueprint, family: 'qwen2', qkvBias: true };
    expect(parse({ architectures: ['Qwen2ForCausalLM'] })).toEqual(expected);
  });

  test('takes rope_theta from rope_parameters, as transformers 5 writes it', () => {
    const rope_parameters = { rope_theta: 5e6, rope_type: 'default' };
    expect(parse({ rope_theta: undefined, rope_parameters }).ropeTheta).toBe(5e6);
  });

  test('takes the defaults of transformers for absent and null fields', () => {
    const blueprint = parse({
      rope_theta: undefined,
      rope_scaling: null,
      head_dim: null,
      num_key_value_heads: undefined,
      tie_word_embeddings: undefined,
    });
    expect(blueprint).toEqual({ ...tinyBlueprint, kvHeads: 2, tiedHead: false });
  });

  test('reads linear rope scaling in either form', () => {
    const ropeScaling = { divisors: [4, 4], attentionFactor: 1 };
    const expected = { ...tinyBlueprint, ropeScaling };
    expect(parse({ rope_scaling: { type: 'linear', factor: 4 } })).toEqual(expected);
    const rope_parameters = { rope_type: 'linear', factor: 4, rope_theta: 10_000 };
    expect(parse({ rope_theta: undefined, rope_parameters })).toEqual(expected);
    expect(parse({ rope_parameters, rope_scaling: { rope_type: 'linear', factor: 4 } })).toEqual(
      expected,
    );
    expect(parse({ rope_scaling: { type: 'linear', factor: 1 } })).toEqual(tinyBlueprint);
  });

  test.each([
    ['its own', {}, 0.1 * Math.log(4) + 1],
    ['given', { attention_factor: 0.5 }, 0.5],
    [
      'by weights',
      { mscale: 2, mscale_all_dim: 3 },
      (0.2 * Math.log(4) + 1) / (0.3 * Math.log(4) + 1),
    ],
    ['by one weight only, which does not count', { mscale: 2 }, 0.1 * Math.log(4) + 1],
  ])('reads the attention factor of yarn: %s', (_, options, attentionFactor) => {
    const rope_scaling = { rope_type: 'yarn', factor: 4, ...options };
    expect(parse({ rope_scaling }).ropeScaling?.attentionFactor).toBeCloseTo(attentionFactor, 12);
  });

  test("takes yarn's factor from the two lengths when it is not given", () => {
    const yarn = { rope_type: 'yarn', original_max_position_embeddings: 128 };
    const given = { ...yarn, factor: 4, original_max_position_embeddings: 64 };
    const outside = { original_max_position_embeddings: 128 };
    const expected = parse({ rope_scaling: { ...yarn, factor: 4 } });
    expect(parse({ rope_scaling: yarn })).toEqual(expected);
    expect(parse({ rope_scaling: given, ...outside })).toEqual(expected);
  });

  test('caps rows at 2,048 tokens', () => {
    expect(parse({ max_position_embeddings: 32_768 }).rowTokens).toBe(2048);
    expect(parse({ max_position_embeddings: 1024 }).rowTokens).toBe(1024);
  });

  test('accepts a sliding window that no layer uses', () => {
    const unused = { use_sliding_window: false, sliding_window: 4096, max_window_layers: 0 };
    expect(() => parse({ ...qwen3, ...unused })).not.toThrow();
    expect(() => parse({ ...qwen3, use_sliding_window: true })).not.toThrow();
    expect(() => parse({ ...qwen3, layer_types: ['full_attention'] })).not.toThrow();
    const wide = { layer_types: ['sliding_attention'], sliding_window: 512 };
    expect(() => parse({ ...qwen3, ...wide })).not.toThrow();
    expect(() => parse({ ...qwen3, ...wide, sliding_window: 511 })).toThrow(/layer_types/);
  });

  test.each<[string, Record<string, unknown>, RegExp]>([
    [
      'another architecture',
      { architectures: ['MistralForCausalLM'] },
      /"architectures": .*Mistral.*allowed: LlamaForCausalLM, Qwen2/,
    ],
    ['no architecture', { architectures: undefined }, /"architectures": the value is missing/],
    [
      'another activation',
      { hidden_act: 'gelu' },
      /"hidden_act": the value is "gelu"; allowed: "silu"/,
    ],
    [
      'biases of attention',
      { attention_bias: true },
      /"attention_bias": the value is true; allowed: false/,
    ],
    ['biases of the MLP', { mlp_bias: true }, /"mlp_bias": the value is true/],
    ['experts', { num_experts: 8 }, /"num_experts": the value is 8; allowed: 0/],
    ['quantized weights', { quantization_config: { bits: 4 } }, /"quantization_config".*present/],
    [
      'rope scaled by length, old form',
      { rope_scaling: { type: 'dynamic', factor: 2 } },
      /"rope_scaling": "type": the value is "dynamic"; allowed: default, linear, yarn, llama3/,
    ],
    [
      'rope scaled by lists, new form',
      { rope_parameters: { rope_type: 'longrope', rope_theta: 1e4 } },
      /"rope_parameters": "rope_type": the value is "longrope"/,
    ],
    [
      'a rope factor without a type',
      { rope_scaling: { factor: 4 } },
      /"rope_scaling": "factor": the value is 4; allowed: 1/,
    ],
    [
      'linear rope without a factor',
      { rope_scaling: { rope_type: 'linear' } },
      /"rope_scaling": "factor": the value is missing; allowed: a number/,
    ],
    [
      'yarn that does not say by how much',
      { rope_scaling: { rope_type: 'yarn' } },
      /"rope_scaling": "factor": the value is missing/,
    ],
    [
      'llama3 rope without its frequencies',
      { rope_scaling: { rope_type: 'llama3', factor: 8 } },
      /"rope_scaling": "low_freq_factor": the value is missing/,
    ],
    [
      'a rope factor of 0',
      { rope_scaling: { rope_type: 'linear', factor: 0 } },
      /a factor of the blueprint's ropeScaling is 0; allowed/,
    ],
    [
      'two scalings of rope that differ',
      {
        rope_parameters: { rope_theta: 1e4, rope_type: 'linear', factor: 2 },
        rope_scaling: { type: 'linear', factor: 4 },
      },
      /"rope_scaling": the scaling is "another"; allowed: that of "rope_parameters"/,
    ],
    [
      'rope over part of a head',
      { partial_rotary_factor: 0.5 },
      /"partial_rotary_factor": the value is 0.5/,
    ],
    [
      'rope parameters that are text',
      { rope_parameters: 'x' },
      /"rope_parameters": the value is "x"; allowed: a JSON object/,
    ],
    [
      'sliding layers by type',
      { layer_types: ['sliding_attention'] },
      /"layer_types": .*full_attention/,
    ],
    [
      'sliding layers by number',
      { use_sliding_window: true, max_window_layers: 0 },
      /"max_window_layers": the value is 0; allowed: at least 1/,
    ],
    [
      'a missing dimension',
      { hidden_size: undefined },
      /"hidden_size": the value is missing; allowed: a number/,
    ],
    ['a dimension that is text', { hidden_size: '8' }, /"hidden_size": the value is "8"/],
    [
      'a fractional dimension',
      { intermediate_size: 6.5 },
      /blueprint's mlpWidth is 6.5; allowed: a whole number from 1/,
    ],
    ['no layers', { num_hidden_layers: 0 }, /blueprint's layers is 0/],
    [
      'too many layers',
      { num_hidden_layers: 1e9 },
      /blueprint's layers is 1000000000; allowed: .* to 256/,
    ],
    ['an infinite dimension', { vocab_size: Infinity }, /blueprint's vocabulary is Infinity/],
    [
      'heads that do not divide the width',
      { num_attention_heads: 3 },
      /blueprint's headDim is 2.6/,
    ],
    [
      'key heads that do not divide the heads',
      { num_attention_heads: 4, num_key_value_heads: 3 },
      /attention heads is 4; allowed: a multiple of the 3/,
    ],
    ['an odd head', { head_dim: 3 }, /headDim is 3; allowed: an even number/],
    ['a rope base of 0', { rope_theta: 0 }, /ropeTheta is 0; allowed: 1 to/],
    ['an epsilon of 0', { rms_norm_eps: 0 }, /normEpsilon is 0/],
    [
      'a tie that is text',
      { tie_word_embeddings: 'yes' },
      /"tie_word_embeddings": the value is "yes"; allowed: true, false/,
    ],
  ])('refuses %s', (_, overrides, message) => {
    expect(() => parse(overrides)).toThrow(message);
    expect(() => parse(overrides)).toThrow(/^config\.json: /);
  });
});
