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

  test('reads a Qwen3 config, whose head size is not width over heads', () => {
    expect(parse(qwen3)).toEqual({ ...tinyBlueprint, family: 'qwen3', qkNorm: true, headDim: 16 });
  });

  test('gives Qwen2 its biases', () => {
    const expected = { ...tinyBlueprint, family: 'qwen2', qkvBias: true };
    expect(parse({ architectures: ['Qwen2ForCausalLM'] })).toEqual(expected);
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
