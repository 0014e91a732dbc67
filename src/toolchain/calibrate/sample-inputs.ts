import { at } from '../../base/at.ts';
import type { Blueprint } from '../../model/manifest.ts';
import type { MaskedBatch } from '../../batch/layouts/masked/masked-batch.ts';
import { type BlockPieces, type Layer, tensorOf } from './block-pieces.ts';
import type { Streams } from './streams.ts';
import type { InputKind } from '../graph/layer-inputs.ts';
import { InputSample } from './input-sample.ts';

export type InputSamples = Readonly<Record<InputKind, InputSample>>;

/** Token rows kept to try factors on. */
const sampledRows = 128;

/** Runs the streams through a layer, in place, and samples the inputs of its linear layers. */
export async function sampleInputs(
  pieces: BlockPieces,
  layer: Layer,
  {
    blueprint,
    batches,
    streams,
  }: { blueprint: Blueprint; batches: readonly MaskedBatch[]; streams: Streams },
): Promise<InputSamples> {
  const { width, mlpWidth, heads, headDim } = blueprint;
  const tokens = batches.reduce((sum, { ids }) => sum + ids.length, 0);
  const sample = (channels: number) => new InputSample({ channels, tokens, sampled: sampledRows });
  const samples = {
    qkv: sample(width),
    o: sample(heads * headDim),
    gateUp: sample(width),
    down: sample(mlpWidth),
  };
  const add = async (kind: InputKind, inputs: Float32Array) => {
    const sampled = samples[kind];
    sampled.add(inputs, await pieces.gram(inputs, sampled.size.channels));
  };
  const normed = (x: Float32Array, name: string) =>
    normRows(x, tensorOf(layer, name).data, blueprint.normEpsilon);
  for (const [index, batch] of batches.entries()) {
    const x = at(streams, index);
    await add('qkv', normed(x, 'input_layernorm.weight'));
    const attended = await pieces.attention(batch, x, layer);
    await add('o', attended);
    const middle = await pieces.apply(x, attended, tensorOf(layer, 'self_attn.o_proj.weight'));
    await add('gateUp', normed(middle, 'post_attention_layernorm.weight'));
    const hidden = await pieces.hidden(middle, layer);
    await add('down', hidden);
    streams[index] = await pieces.apply(middle, hidden, tensorOf(layer, 'mlp.down_proj.weight'));
  }
  return samples;
}

/** RMSNorm, like ONNX Runtime's SimplifiedLayerNormalization. [T, width] */
function normRows(x: Float32Array, weight: Float32Array, epsilon: number): Float32Array {
  const width = weight.length;
  const out = new Float32Array(x.length);
  for (let start = 0; start < x.length; start += width) {
    let squares = 0;
    for (let i = start; i < start + width; i++) {
      squares += at(x, i) ** 2;
    }
    const root = Math.sqrt(squares / width + epsilon);
    for (let i = 0; i < width; i++) {
      out[start + i] = (at(x, start + i) / root) * at(weight, i);
    }
  }
  return out;
}
