import { describe, expect, test } from '@jest/globals';
import { parseBlueprint } from '../../../../src/toolchain/checkpoint/config/blueprint.ts';
import { asObject } from '../../../../src/toolchain/files/limited-json.ts';
import { tinyBlueprint, tinyConfig } from '../../../support/checkpoints/tiny.ts';

function parse(overrides: Record<string, unknown> = {}) {
  return parseBlueprint(asObject(tinyConfig(overrides), 'config.json'), 'config.json');
}

describe('the rope of a config.json', () => {
  test('takes rope_theta from rope_parameters, as transformers 5 writes it', () => {
    const rope_parameters = { rope_theta: 5e6, rope_type: 'default' };
    expect(parse({ rope_theta: undefined, rope_parameters }).ropeTheta).toBe(5e6);
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

  test.each<[string, Record<string, unknown>, RegExp]>([
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
  ])('refuses %s', (_, overrides, message) => {
    expect(() => parse(overrides)).toThrow(message);
    expect(() => parse(overrides)).toThrow(/^config\.json: /);
  });
});
