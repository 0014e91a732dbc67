import type { Blueprint, RopeScaling } from '../../../model/blueprint.ts';
import type { ConfigFields } from './fields.ts';
import { refuse } from '../../files/checkpoint.ts';
import {
  linearScaling,
  llama3Scaling,
  orNone,
  type RopeBase,
  yarnAttention,
  yarnScaling,
} from './rope-kinds.ts';

/** Transformers' default when a config.json does not say. */
const defaultRopeTheta = 10_000;
/**
 * Transformers 5 has rope_theta and the scaling in rope_parameters; older versions have them apart.
 */
const places = ['rope_scaling', 'rope_parameters'] as const;

type ReadScaling = (rope: ConfigFields, base: RopeBase, config: ConfigFields) => RopeScaling;

const kinds: ReadonlyMap<unknown, ReadScaling> = new Map<unknown, ReadScaling>([
  ['linear', (rope, base) => linearScaling(base, rope.number('factor'))],
  ['yarn', readYarn],
  ['llama3', readLlama3],
]);

/**
 * The rotary base and scaling of a config.json, as transformers reads them.
 *
 * @throws CheckpointError
 */
export function parseRope(
  config: ConfigFields,
  headDim: number,
): Pick<Blueprint, 'ropeTheta' | 'ropeScaling'> {
  const outer = config.number('rope_theta', defaultRopeTheta);
  const ropeTheta = places.reduce(
    (theta, place) => config.within(place).number('rope_theta', theta),
    outer,
  );
  const [scaling, contradicting] = places.flatMap(
    (place) => readScaling(config.within(place), { theta: ropeTheta, headDim }, config) ?? [],
  );
  if (contradicting !== undefined && JSON.stringify(contradicting) !== JSON.stringify(scaling)) {
    refuse(config.where('rope_scaling'), 'the scaling', 'another', 'that of "rope_parameters"');
  }
  return { ropeTheta, ...(scaling && { ropeScaling: scaling }) };
}

function readScaling(
  rope: ConfigFields,
  base: RopeBase,
  config: ConfigFields,
): RopeScaling | undefined {
  rope.only('partial_rotary_factor', 1);
  const key = rope.get('rope_type') === undefined ? 'type' : 'rope_type';
  const kind = rope.get(key) ?? 'default';
  if (kind === 'default') {
    // Transformers would silently ignore the factor.
    rope.only('factor', 1);
    return undefined;
  }
  const read = kinds.get(kind);
  return read === undefined
    ? refuse(rope.where(key), 'the value', kind, `default, ${[...kinds.keys()].join(', ')}`)
    : orNone(read(rope, base, config));
}

function readLlama3(rope: ConfigFields, base: RopeBase, config: ConfigFields): RopeScaling {
  return llama3Scaling(base, {
    factor: rope.number('factor'),
    lowFrequency: rope.number('low_freq_factor'),
    highFrequency: rope.number('high_freq_factor'),
    originalTokens: readOriginalTokens(rope, config),
  });
}

function readYarn(rope: ConfigFields, base: RopeBase, config: ConfigFields): RopeScaling {
  const originalTokens = readOriginalTokens(rope, config);
  // Some configs give the two lengths instead of the factor.
  const stretch = config.number('max_position_embeddings') / originalTokens;
  const factor = rope.number('factor', stretch === 1 ? undefined : stretch);
  rope.only('truncate', true, false);
  const weights = [rope.number('mscale', 0), rope.number('mscale_all_dim', 0)];
  const own = weights.includes(0)
    ? yarnAttention(factor)
    : yarnAttention(factor, weights[0]) / yarnAttention(factor, weights[1]);
  return yarnScaling(base, {
    factor,
    originalTokens,
    betaFast: rope.number('beta_fast', 0) || 32,
    betaSlow: rope.number('beta_slow', 0) || 1,
    isTruncated: rope.get('truncate') !== false,
    attentionFactor: rope.number('attention_factor', own),
  });
}

/** Some configs have it at the top level, which takes precedence. */
function readOriginalTokens(rope: ConfigFields, config: ConfigFields): number {
  const key = 'original_max_position_embeddings';
  const known = config.number('max_position_embeddings');
  return config.number(key, rope.number(key, known));
}
