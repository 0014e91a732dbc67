import type { Blueprint } from '../../../model/manifest.ts';
import type { RopeScaling } from '../../../model/rope-scaling.ts';
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

/** Transformers' default where a config.json is silent. */
const defaultRopeTheta = 10_000;
/** In transformers 5 rope_theta and the scaling are in rope_parameters; before, apart. */
const places = ['rope_scaling', 'rope_parameters'] as const;

type ReadScaling = (rope: ConfigFields, base: RopeBase, config: ConfigFields) => RopeScaling;

const kinds: ReadonlyMap<unknown, ReadScaling> = new Map<unknown, ReadScaling>([
  ['linear', (rope, base) => linearScaling(base, rope.number('factor'))],
  ['yarn', readYarn],
  ['llama3', readLlama3],
]);

/** The rotary base and scaling of a config.json, read as transformers does. @throws CheckpointError */
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
    // Transformers would leave it out without a word.
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
  // Some configs say it by the two lengths.
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

/** Some configs have it outside, which then counts. */
function readOriginalTokens(rope: ConfigFields, config: ConfigFields): number {
  const key = 'original_max_position_embeddings';
  const known = config.number('max_position_embeddings');
  return config.number(key, rope.number(key, known));
}
