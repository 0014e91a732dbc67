import { at } from '../../../src/base/at.ts';
import type { Checkpoint } from '../../../src/toolchain/files/checkpoint.ts';

/**
 * The model as plain loops over doubles: one row at a time, without packing, sharing or padding.
 * The packed graph must agree with it. Written from the papers and Hugging Face's modelling files,
 * not from the graph.
 */
export interface ReferenceModel {
  /** yes and no logits after the last token. */
  logits(ids: Int32Array | readonly number[]): [yes: number, no: number];
}

type Vector = Float64Array;

export async function loadReference(
  checkpoint: Checkpoint,
  labelIds: readonly [number, number],
): Promise<ReferenceModel> {
  const tensors = new Map<string, Float32Array>();
  for (const name of checkpoint.shapes.keys()) {
    tensors.set(name, await checkpoint.readTensor(name));
  }
  const read = (name: string) => {
    const tensor = tensors.get(name);
    if (tensor === undefined) {
      throw new Error(`no tensor ${name}`);
    }
    return tensor;
  };
  return { logits: (ids) => forward(checkpoint, read, [...ids], labelIds) };
}

type Read = (name: string) => Float32Array;

function forward(
  { blueprint }: Checkpoint,
  read: Read,
  ids: readonly number[],
  labelIds: readonly [number, number],
): [number, number] {
  const { width, normEpsilon, layers, tiedHead } = blueprint;
  const row = (matrix: Float32Array, index: number) =>
    Float64Array.from(matrix.subarray(index * width, (index + 1) * width));
  let stream: Vector[] = ids.map((id) => row(read('model.embed_tokens.weight'), id));
  for (let layer = 0; layer < layers; layer++) {
    const tensor = (name: string) => read(`model.layers.${layer}.${name}`);
    const inputs = stream.map((x) => rmsNorm(x, tensor('input_layernorm.weight'), normEpsilon));
    const attended = attention(blueprint, tensor, inputs);
    stream = stream.map((x, i) => add(x, linear(attended[i], tensor('self_attn.o_proj.weight'))));
    stream = stream.map((x) => {
      const h = rmsNorm(x, tensor('post_attention_layernorm.weight'), normEpsilon);
      const gate = linear(h, tensor('mlp.gate_proj.weight'));
      const up = linear(h, tensor('mlp.up_proj.weight'));
      const hidden = gate.map((g, i) => (g / (1 + Math.exp(-g))) * at(up, i));
      return add(x, linear(hidden, tensor('mlp.down_proj.weight')));
    });
  }
  const last = rmsNorm(stream.at(-1), read('model.norm.weight'), normEpsilon);
  const head = read(tiedHead ? 'model.embed_tokens.weight' : 'lm_head.weight');
  return [dot(last, row(head, labelIds[0])), dot(last, row(head, labelIds[1]))];
}

/** Causal, grouped queries. */
function attention(
  blueprint: Checkpoint['blueprint'],
  tensor: Read,
  inputs: readonly Vector[],
): Vector[] {
  const { heads, kvHeads, headDim } = blueprint;
  const project = (part: 'q' | 'k' | 'v', count: number) =>
    inputs.map((x, position) => {
      let y = linear(x, tensor(`self_attn.${part}_proj.weight`));
      if (blueprint.qkvBias) {
        y = add(y, Float64Array.from(tensor(`self_attn.${part}_proj.bias`)));
      }
      return Array.from({ length: count }, (_, head) => {
        let h: Vector = y.slice(head * headDim, (head + 1) * headDim);
        if (part === 'v') {
          return h;
        }
        if (blueprint.qkNorm) {
          h = rmsNorm(h, tensor(`self_attn.${part}_norm.weight`), blueprint.normEpsilon);
        }
        return rotate(h, position, blueprint.ropeTheta);
      });
    });
  const q = project('q', heads);
  const k = project('k', kvHeads);
  const v = project('v', kvHeads);
  return inputs.map((_, position) => {
    const out = new Float64Array(heads * headDim);
    for (let head = 0; head < heads; head++) {
      const kvHead = Math.floor(head / (heads / kvHeads));
      const scores = k
        .slice(0, position + 1)
        .map((key) => dot(q[position]?.[head], key[kvHead]) / Math.sqrt(headDim));
      const peak = Math.max(...scores);
      const weights = scores.map((score) => Math.exp(score - peak));
      const total = weights.reduce((a, b) => a + b, 0);
      weights.forEach((weight, past) => {
        v[past]?.[kvHead]?.forEach((value, i) => {
          out[head * headDim + i] = at(out, head * headDim + i) + (weight / total) * value;
        });
      });
    }
    return out;
  });
}

/** Halves, as in Hugging Face: dimension i turns with dimension i + d/2. */
function rotate(x: Vector, position: number, theta: number): Vector {
  const half = x.length / 2;
  return x.map((value, i) => {
    const angle = position * theta ** (-(i % half) / half);
    const partner = (i < half ? -1 : 1) * at(x, (i + half) % x.length);
    return value * Math.cos(angle) + partner * Math.sin(angle);
  });
}

function rmsNorm(x: Vector | undefined, weight: Float32Array, epsilon: number): Vector {
  if (x === undefined) {
    throw new Error('a row is missing');
  }
  const scale = 1 / Math.sqrt(dot(x, x) / x.length + epsilon);
  return Float64Array.from(weight, (w, i) => w * scale * at(x, i));
}

/** weight [out, in] */
function linear(x: Vector | undefined, weight: Float32Array): Vector {
  const width = x?.length ?? NaN;
  const y = new Float64Array(weight.length / width);
  for (let out = 0; out < y.length; out++) {
    y[out] = dot(x, weight.subarray(out * width, (out + 1) * width));
  }
  return y;
}

function add(a: Vector, b: Vector): Vector {
  return a.map((value, i) => value + at(b, i));
}

function dot(a: Vector | undefined, b: Vector | Float32Array | undefined): number {
  if (a === undefined || b === undefined || a.length !== b.length) {
    return NaN;
  }
  let sum = 0;
  for (let i = 0; i < a.length; i++) {
    sum += at(a, i) * at(b, i);
  }
  return sum;
}
