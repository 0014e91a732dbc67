import type { Blueprint } from '../../../model/manifest.ts';
import type { Shape } from '../../files/checkpoint.ts';

/*
 * The one list of a model's tensors. Expected tensors, the graph's weights, random checkpoints,
 * GGUF names and the groups of linears that share an input all follow from it.
 */

/** The inputs of a layer's linears; the linears of one group read the same input. */
export const inputKinds = ['qkv', 'o', 'gateUp', 'down'] as const;
export type InputKind = (typeof inputKinds)[number];

interface TensorName {
  /** In Hugging Face checkpoints, and everywhere in this program. */
  readonly name: string;
  readonly gguf: string;
}

type Dimension = 'width' | 'mlpWidth' | 'headDim' | 'queries' | 'keys';

interface LayerTensor extends TensorName {
  readonly shape: readonly Dimension[];
  /** The input that a linear multiplies; undefined for vectors. */
  readonly reads?: InputKind;
  /** Only models with this trait have the tensor. */
  readonly trait?: 'qkvBias' | 'qkNorm' | undefined;
}

const linear = (hf: string, gguf: string, shape: Dimension[], reads: InputKind): LayerTensor => {
  return { name: `${hf}.weight`, gguf: `${gguf}.weight`, shape, reads };
};
const norm = (hf: string, gguf: string, size: Dimension, trait?: 'qkNorm'): LayerTensor => {
  return { name: `${hf}.weight`, gguf: `${gguf}.weight`, shape: [size], trait };
};
const bias = (hf: string, gguf: string, size: Dimension): LayerTensor => {
  return { name: `${hf}.bias`, gguf: `${gguf}.bias`, shape: [size], trait: 'qkvBias' };
};

/** A layer's tensors in the model's order, without `model.layers.N.`; linears are [out, in]. */
const layerTensors = {
  inputNorm: norm('input_layernorm', 'attn_norm', 'width'),
  q: linear('self_attn.q_proj', 'attn_q', ['queries', 'width'], 'qkv'),
  k: linear('self_attn.k_proj', 'attn_k', ['keys', 'width'], 'qkv'),
  v: linear('self_attn.v_proj', 'attn_v', ['keys', 'width'], 'qkv'),
  qBias: bias('self_attn.q_proj', 'attn_q', 'queries'),
  kBias: bias('self_attn.k_proj', 'attn_k', 'keys'),
  vBias: bias('self_attn.v_proj', 'attn_v', 'keys'),
  qNorm: norm('self_attn.q_norm', 'attn_q_norm', 'headDim', 'qkNorm'),
  kNorm: norm('self_attn.k_norm', 'attn_k_norm', 'headDim', 'qkNorm'),
  o: linear('self_attn.o_proj', 'attn_output', ['width', 'queries'], 'o'),
  mlpNorm: norm('post_attention_layernorm', 'ffn_norm', 'width'),
  gate: linear('mlp.gate_proj', 'ffn_gate', ['mlpWidth', 'width'], 'gateUp'),
  up: linear('mlp.up_proj', 'ffn_up', ['mlpWidth', 'width'], 'gateUp'),
  down: linear('mlp.down_proj', 'ffn_down', ['width', 'mlpWidth'], 'down'),
};
type LayerKey = keyof typeof layerTensors;
const layerEntries = Object.entries(layerTensors) as [LayerKey, LayerTensor][];

/** The tensors outside the layers. */
export const outerTensors = {
  embedding: { name: 'model.embed_tokens.weight', gguf: 'token_embd.weight' },
  finalNorm: { name: 'model.norm.weight', gguf: 'output_norm.weight' },
  /** The head of an untied vocabulary. */
  head: { name: 'lm_head.weight', gguf: 'output.weight' },
  /** The head of a sequence classifier; one row is the logit of yes against a no of 0. */
  score: { name: 'score.weight', gguf: 'cls.output.weight' },
} as const satisfies Record<string, TensorName>;

/** A tensor that a blueprint requires. */
interface ModelTensor {
  readonly name: string;
  readonly shape: Shape;
  /** The input that a layer's linear multiplies; undefined for every other tensor. */
  readonly reads: InputKind | undefined;
}

/** Embedding, layers and final norm, in the model's order; `labelHead` follows them. */
export function bodyTensors(blueprint: Blueprint): readonly ModelTensor[] {
  const { vocabulary, width, layers } = blueprint;
  const { embedding, finalNorm } = outerTensors;
  return [
    { name: embedding.name, shape: [vocabulary, width], reads: undefined },
    ...Array.from({ length: layers }, (_, layer) => tensorsOfLayer(blueprint, layer)).flat(),
    { name: finalNorm.name, shape: [width], reads: undefined },
  ];
}

function tensorsOfLayer(blueprint: Blueprint, layer: number): readonly ModelTensor[] {
  const { width, mlpWidth, headDim, heads, kvHeads } = blueprint;
  const queries = heads * headDim;
  const keys = kvHeads * headDim;
  const sizes: Readonly<Record<Dimension, number>> = { width, mlpWidth, headDim, queries, keys };
  return layerEntries
    .filter(([, { trait }]) => trait === undefined || blueprint[trait])
    .map(([, { name, shape, reads }]) => ({
      name: inLayer(layer, name),
      shape: shape.map((dimension) => sizes[dimension]),
      reads,
    }));
}

/** The tensor whose rows give the labels' logits: a tied head is the embedding. */
export function labelHead(
  blueprint: Pick<Blueprint, 'classes' | 'tiedHead' | 'vocabulary' | 'width'>,
): {
  readonly name: string;
  readonly shape: Shape;
} {
  const { classes, tiedHead, vocabulary, width } = blueprint;
  if (classes !== undefined) {
    return { name: outerTensors.score.name, shape: [classes.length, width] };
  }
  const { name } = tiedHead ? outerTensors.embedding : outerTensors.head;
  return { name, shape: [vocabulary, width] };
}

/** Every tensor that a blueprint requires, by Hugging Face name, in the model's order. */
export function expectedTensors(blueprint: Blueprint): ReadonlyMap<string, Shape> {
  // A tied head is already there as the embedding, and keeps that place.
  const all = [...bodyTensors(blueprint), labelHead(blueprint)];
  return new Map(all.map(({ name, shape }) => [name, shape]));
}

/** Names of a layer's tensors, whether its model has them all or not. */
export function layerNames(layer: number): Readonly<Record<LayerKey, string>> {
  const named = layerEntries.map(([key, { name }]) => [key, inLayer(layer, name)]);
  return Object.fromEntries(named) as Record<LayerKey, string>;
}

/** Names, within a layer, of the linears that read an input. */
export function readersWithin(kind: InputKind): readonly string[] {
  return layerEntries.filter(([, { reads }]) => reads === kind).map(([, { name }]) => name);
}

/** The layer and the name within it; undefined for tensors outside the layers. */
export function splitLayerName(name: string): { layer: number; within: string } | undefined {
  const [, layer, within] = /^model\.layers\.(\d+)\.(.+)$/.exec(name) ?? [];
  return layer === undefined || within === undefined ? undefined : { layer: Number(layer), within };
}

/** Whether the rows of a tensor are rotated in halves of a head: the weights of q and k. */
export function isRotated(name: string): boolean {
  const within = splitLayerName(name)?.within;
  return within === layerTensors.q.name || within === layerTensors.k.name;
}

/** The GGUF name of an expected tensor. */
export function toGgufName(name: string): string {
  const place = splitLayerName(name);
  const tensors = place === undefined ? Object.values(outerTensors) : Object.values(layerTensors);
  const found = tensors.find((each) => each.name === (place?.within ?? name));
  if (found === undefined) {
    throw new Error(`this is a bug: no GGUF name for ${name}`);
  }
  return place === undefined ? found.gguf : `blk.${place.layer}.${found.gguf}`;
}

function inLayer(layer: number, name: string): string {
  return `model.layers.${layer}.${name}`;
}
