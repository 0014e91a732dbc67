import {
  type Blueprint,
  defaultRowTokens,
  type Family,
  mostRowTokens,
} from '../../../model/manifest.ts';
import { asObject, type JsonObject } from '../../files/limited-json.ts';
import { ConfigFields } from './fields.ts';
import { refuse } from '../../files/checkpoint.ts';
import { parseClasses } from './parse-classes.ts';
import { parseRope } from './rope-config.ts';
import { int8Method } from '../../files/stored-int8.ts';

/** Values of `architectures` in a config.json. */
const architectures: ReadonlyMap<string, Family> = new Map<string, Family>([
  ['LlamaForCausalLM', 'llama'],
  ['Qwen2ForCausalLM', 'qwen2'],
  ['Qwen3ForCausalLM', 'qwen3'],
]);
/** Architectures with a head of one or two rows in place of the vocabulary's. */
const classifiers: ReadonlyMap<string, Family> = new Map<string, Family>([
  ['LlamaForSequenceClassification', 'llama'],
  ['Qwen2ForSequenceClassification', 'qwen2'],
  ['Qwen3ForSequenceClassification', 'qwen3'],
]);

/** The traits that the family alone decides. */
export const familyTraits: Readonly<Record<Family, Pick<Blueprint, 'qkNorm' | 'qkvBias'>>> = {
  llama: { qkNorm: false, qkvBias: false },
  qwen2: { qkNorm: false, qkvBias: true },
  qwen3: { qkNorm: true, qkvBias: false },
};

/**
 * The most tokens in a row: what was asked for, or the default, as far as the positions of the
 * checkpoint allow.
 *
 * @throws CheckpointError
 */
export function findRowTokens(positions: number, asked: number | undefined, where: string): number {
  if (asked !== undefined && asked > positions) {
    refuse(where, 'the number of positions', positions, `at least ${asked}, as --row-tokens asks`);
  }
  return asked ?? Math.min(positions, defaultRowTokens);
}

/**
 * The blueprint of a Hugging Face config.json. Features that the ranking graph cannot compute are
 * refused.
 *
 * @throws CheckpointError
 */
export function parseBlueprint(config: JsonObject, file: string, askedTokens?: number): Blueprint {
  const fields = new ConfigFields(config, file);
  const { family, isClassifier } = parseFamily(fields);
  assertSupported(fields);
  const width = fields.number('hidden_size');
  const heads = fields.number('num_attention_heads');
  const layers = fields.number('num_hidden_layers');
  // Where width / heads is wrong (Qwen3), the shape check of q_proj fails.
  const headDim = fields.number('head_dim', width / heads);
  const rowTokens = findRowTokens(
    fields.number('max_position_embeddings'),
    askedTokens,
    fields.where('max_position_embeddings'),
  );
  assertFullAttention(fields, layers, rowTokens);
  return assertBlueprint(
    {
      family,
      layers,
      width,
      mlpWidth: fields.number('intermediate_size'),
      heads,
      kvHeads: fields.number('num_key_value_heads', heads),
      headDim,
      vocabulary: fields.number('vocab_size'),
      ...parseRope(fields, headDim),
      normEpsilon: fields.number('rms_norm_eps'),
      ...familyTraits[family],
      ...(isClassifier
        ? { tiedHead: false, classes: parseClasses(fields) }
        : { tiedHead: fields.get('tie_word_embeddings') === true }),
      rowTokens,
    },
    file,
  );
}

function parseFamily(fields: ConfigFields): { family: Family; isClassifier: boolean } {
  const found = fields.get('architectures');
  const name = Array.isArray(found) && found.length === 1 ? String(found[0]) : '';
  const isClassifier = classifiers.has(name);
  const family = architectures.get(name) ?? classifiers.get(name);
  if (family === undefined) {
    const allowed = [...architectures.keys(), ...classifiers.keys()].join(', ');
    return refuse(fields.where('architectures'), 'the value', found, allowed);
  }
  return { family, isClassifier };
}

function assertSupported(fields: ConfigFields): void {
  fields.only('hidden_act', 'silu', 'swish');
  fields.only('attention_bias', false);
  fields.only('mlp_bias', false);
  fields.only('tie_word_embeddings', true, false);
  for (const experts of ['num_experts', 'num_local_experts', 'n_routed_experts']) {
    fields.only(experts, 0);
  }
  fields.only('partial_rotary_factor', 1);
  fields.only('is_causal', true);
  fields.only('use_bidirectional_attention', false);
  assertQuantization(fields);
}

/** Of the quantized forms, only our compact form is supported. */
function assertQuantization(fields: ConfigFields): void {
  const found = fields.get('quantization_config');
  if (found === undefined) {
    return;
  }
  const where = fields.where('quantization_config');
  if (asObject(found, where).get('quant_method') !== int8Method) {
    refuse(where, 'the field', 'present', `F32, F16 or BF16 weights, or ${int8Method}`);
  }
}

/** A sliding window that is at least as long as a row changes nothing. */
function assertFullAttention(fields: ConfigFields, layers: number, rowTokens: number): void {
  const window = fields.get('sliding_window');
  if (typeof window === 'number' && window >= rowTokens) {
    return;
  }
  const types = fields.get('layer_types');
  if (types !== undefined) {
    const isFull = Array.isArray(types) && types.every((type) => type === 'full_attention');
    if (!isFull) {
      refuse(fields.where('layer_types'), 'the value', types, 'full_attention in every layer');
    }
  } else if (fields.get('use_sliding_window') === true) {
    // Qwen2 and Qwen3 slide from layer max_window_layers on, 28 by default.
    const first = fields.number('max_window_layers', 28);
    if (first < layers) {
      refuse(
        fields.where('max_window_layers'),
        'the value',
        first,
        `at least ${layers}: no layer may slide`,
      );
    }
  }
}

type Dimension = Exclude<
  { [K in keyof Blueprint]-?: Blueprint[K] extends number ? K : never }[keyof Blueprint],
  'ropeTheta' | 'normEpsilon'
>;

/**
 * Several times the largest published small model, and small enough that every product is exact.
 */
const maxDimensions: Readonly<Record<Dimension, number>> = {
  layers: 256,
  width: 32_768,
  mlpWidth: 131_072,
  heads: 512,
  kvHeads: 512,
  headDim: 1024,
  vocabulary: 1_048_576,
  rowTokens: mostRowTokens,
};

/**
 * Checks that dimensions are within limits and fit each other, and returns the blueprint.
 *
 * @throws CheckpointError
 */
export function assertBlueprint(blueprint: Blueprint, where: string): Blueprint {
  for (const [name, max] of Object.entries(maxDimensions) as [Dimension, number][]) {
    const found = blueprint[name];
    if (!Number.isInteger(found) || found < 1 || found > max) {
      refuse(where, `the blueprint's ${name}`, found, `a whole number from 1 to ${max}`);
    }
  }
  const { heads, kvHeads, headDim, ropeTheta, ropeScaling, normEpsilon } = blueprint;
  if (heads % kvHeads !== 0) {
    refuse(where, 'the number of attention heads', heads, `a multiple of the ${kvHeads} key heads`);
  }
  if (headDim % 2 !== 0) {
    refuse(where, "the blueprint's headDim", headDim, 'an even number: it rotates in two halves');
  }
  if (!(ropeTheta >= 1 && ropeTheta <= 1e12)) {
    refuse(where, "the blueprint's ropeTheta", ropeTheta, '1 to 1e12');
  }
  const factors = ropeScaling && [...ropeScaling.divisors, ropeScaling.attentionFactor];
  const odd = factors?.find((each) => !(each >= 1e-4 && each <= 1e6));
  if (odd !== undefined) {
    refuse(where, "a factor of the blueprint's ropeScaling", odd, '0.0001 to 1e6');
  }
  if (!(normEpsilon > 0 && normEpsilon <= 0.1)) {
    refuse(where, "the blueprint's normEpsilon", normEpsilon, 'above 0, to 0.1');
  }
  return blueprint;
}
