import { describe, expect, it } from '@jest/globals';
import { configFor } from '../../../src/toolchain/checkpoint/checkpoint-config.ts';
import { parseBlueprint } from '../../../src/toolchain/checkpoint/config/blueprint.ts';
import { asObject } from '../../../src/toolchain/files/limited-json.ts';
import { tinyBlueprint } from '../../support/checkpoints/tiny.ts';

describe('the config of a written checkpoint', () => {
  it('has no quantization_config and no torch_dtype of the original', () => {
    const compact = new Map<string, unknown>([
      ['torch_dtype', 'bfloat16'],
      ['quantization_config', new Map([['quant_method', 'slmrank-int8']])],
      ['vocab_size', 288],
    ]);
    const config = configFor(tinyBlueprint, 'F32', compact);
    expect(config).not.toHaveProperty('quantization_config');
    expect(config).not.toHaveProperty('torch_dtype');
    expect(config).toMatchObject({ vocab_size: 288, dtype: 'float32' });
  });

  it('has one layer type for each remaining layer, if the original has layer types', () => {
    const original = new Map([['layer_types', ['full_attention', 'full_attention']]]);
    expect(configFor(tinyBlueprint, 'F16', original)).toMatchObject({
      layer_types: ['full_attention'],
      num_hidden_layers: 1,
      dtype: 'float16',
    });
    expect(configFor(tinyBlueprint, 'F16', undefined)).not.toHaveProperty('layer_types');
  });

  it.each([
    ['a language model', tinyBlueprint],
    ['a classifier', { ...tinyBlueprint, tiedHead: false, classes: ['yes', 'no'] }],
  ])('gives the blueprint of %s back', (_, blueprint) => {
    const config = asObject(configFor(blueprint, 'F32', undefined), 'c');
    expect(parseBlueprint(config, 'c')).toEqual(blueprint);
  });

  it('cannot describe the scaled rope of a GGUF file', () => {
    const blueprint = { ...tinyBlueprint, ropeScaling: { divisors: [1, 8], attentionFactor: 1 } };
    expect(() => configFor(blueprint, 'F32', undefined)).toThrow(
      /rope scaling of a GGUF file cannot/,
    );
  });
});
