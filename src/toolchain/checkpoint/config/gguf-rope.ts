import { at } from '../../../base/at.ts';
import type { Blueprint, RopeScaling } from '../../../model/blueprint.ts';
import type { ArchitectureFields } from './fields.ts';
import { refuse } from '../../files/checkpoint.ts';
import { linearScaling, orNone, type RopeBase, yarnAttention, yarnScaling } from './rope-kinds.ts';

/** GGML's default when the key is missing. */
const defaultRopeTheta = 10_000;

/** The tensor of divisors for the frequencies of Llama 3. */
export const ropeFactorsName = 'rope_freqs.weight';

/**
 * The rotary base and scaling from the metadata of a GGUF file. As in llama.cpp, a factor without a
 * type is linear, and `factors` divide each frequency after any other scaling. YaRN's options come
 * from the config.json that was converted.
 *
 * @throws CheckpointError
 */
export function parseGgufRope(
  fields: ArchitectureFields,
  headDim: number,
  factors: Float32Array | undefined,
): Pick<Blueprint, 'ropeTheta' | 'ropeScaling'> {
  const ropeTheta = fields.number('rope.freq_base', defaultRopeTheta);
  const { divisors, attentionFactor } = readScaling(fields, { theta: ropeTheta, headDim });
  if (factors !== undefined && factors.length !== headDim / 2) {
    const where = fields.whereTensor(ropeFactorsName);
    refuse(where, 'the number of values', factors.length, `${headDim / 2}, half of a head`);
  }
  const ropeScaling = orNone({
    divisors: divisors.map((divisor, place) => {
      return factors === undefined ? divisor : divisor * at(factors, place);
    }),
    attentionFactor: attentionFactor * fields.number('rope.scaling.attn_factor', 1),
  });
  return { ropeTheta, ...(ropeScaling && { ropeScaling }) };
}

function readScaling(fields: ArchitectureFields, base: RopeBase): RopeScaling {
  fields.only('rope.scaling.alpha', 0);
  fields.only('rope.scaling.yarn_log_multiplier', 0);
  const kind = fields.text('rope.scaling.type') ?? 'linear';
  const factor =
    fields.number('rope.scaling.factor', 0) || fields.number('rope.scale_linear', 0) || 1;
  switch (kind) {
    case 'none':
      return linearScaling(base, 1);
    case 'linear':
      fields.only('rope.scaling.yarn_ext_factor', 0);
      return linearScaling(base, factor);
    case 'yarn':
      fields.only('rope.scaling.yarn_ext_factor', 1);
      return readYarn(fields, base, factor);
    default:
      return refuse(fields.where('rope.scaling.type'), 'the value', kind, 'none, linear, yarn');
  }
}

function readYarn(fields: ArchitectureFields, base: RopeBase, factor: number): RopeScaling {
  const option = (name: string, fallback: number) =>
    fields.number(`rope.scaling.${name}`, fallback);
  return yarnScaling(base, {
    factor,
    originalTokens: option('original_context_length', fields.number('context_length')),
    betaFast: option('yarn_beta_fast', 32),
    betaSlow: option('yarn_beta_slow', 1),
    isTruncated: true,
    attentionFactor: option('yarn_attn_factor', yarnAttention(factor)),
  });
}
