import type { Blueprint } from '../../model/manifest.ts';
import type { MaskedBatch } from '../../batch/layouts/masked/masked-batch.ts';
import { feedsOf } from '../../batch/layouts/masked/masked-feeds.ts';
import { type GraphTensor, openGraph } from '../../engine/session.ts';
import type { Checkpoint } from '../files/checkpoint.ts';
import { rotaryTables } from '../graph/rotary-tables.ts';
import {
  applyGraph,
  attentionGraph,
  feedOf,
  gramGraph,
  hiddenGraph,
  rotaryFeeds,
  sumsGraph,
} from './block-graphs.ts';

/** A layer's tensors by their names after `model.layers.N.`. */
export type Layer = ReadonlyMap<string, GraphTensor & { readonly data: Float32Array }>;

/**
 * A decoder block in pieces, run by ONNX Runtime. The caller owns the returned arrays and closes
 * the pieces.
 */
export interface BlockPieces {
  /** Residual stream x to the input of o_proj. [T, heads x headDim] */
  attention(batch: MaskedBatch, x: Float32Array, layer: Layer): Promise<Float32Array>;
  /** Residual stream after attention to the input of down_proj. [T, mlpWidth] */
  hidden(x: Float32Array, layer: Layer): Promise<Float32Array>;
  /** x + inputs weight^T. [T, width] */
  apply(x: Float32Array, inputs: Float32Array, weight: GraphTensor): Promise<Float32Array>;
  /** X^T X of inputs X [T, channels]. [channels, channels] */
  gram(x: Float32Array, channels: number): Promise<Float32Array>;
  /** X^T X and X^T Y of X [T, channels] and Y [T, width]. */
  sums(x: Float32Array, y: Float32Array): Promise<{ gram: Float32Array; cross: Float32Array }>;
  close(): Promise<void>;
}

/** Opens the pieces for a blueprint's heads and head size. Each layer brings its own widths. */
export async function openBlockPieces(blueprint: Blueprint, threads: number): Promise<BlockPieces> {
  const open = (graph: Uint8Array) => openGraph(graph, threads);
  const [attention, hidden, apply, gram, sums] = await Promise.all([
    open(attentionGraph(blueprint)),
    open(hiddenGraph(blueprint)),
    open(applyGraph()),
    open(gramGraph()),
    open(sumsGraph()),
  ]);
  const rotary = rotaryFeedsOf(blueprint);
  const { width } = blueprint;
  const rows = (data: Float32Array, tokens: number): GraphTensor => ({
    data,
    dims: [tokens, data.length / tokens],
  });
  const stream = (data: Float32Array) => rows(data, data.length / width);
  return {
    attention: async (batch, x, layer) =>
      outputOf(
        await attention.run({ ...batchFeeds(batch), ...rotary, ...feeds(layer), x: stream(x) }),
      ),
    hidden: async (x, layer) => outputOf(await hidden.run({ ...feeds(layer), x: stream(x) })),
    apply: async (x, inputs, weight) => {
      const tokens = x.length / width;
      return outputOf(await apply.run({ x: stream(x), inputs: rows(inputs, tokens), weight }));
    },
    gram: async (x, channels) => outputOf(await gram.run({ x: rows(x, x.length / channels) })),
    sums: async (x, y) => {
      const found = await sums.run({ x: rows(x, y.length / width), y: stream(y) });
      return { gram: outputOf(found, 'gram'), cross: outputOf(found, 'cross') };
    },
    close: async () => {
      await Promise.all([attention, hidden, apply, gram, sums].map((session) => session.close()));
    },
  };
}

/** Reads a layer's tensors as fp32. */
export async function readLayer(checkpoint: Checkpoint, index: number): Promise<Layer> {
  const prefix = `model.layers.${index}.`;
  const layer = new Map<string, GraphTensor & { data: Float32Array }>();
  for (const [name, dims] of checkpoint.shapes) {
    if (name.startsWith(prefix)) {
      layer.set(name.slice(prefix.length), { data: await checkpoint.readTensor(name), dims });
    }
  }
  return layer;
}

/** @throws Error when the layer lacks the tensor, which is a bug. */
export function tensorOf(layer: Layer, name: string) {
  const tensor = layer.get(name);
  if (tensor === undefined) {
    throw new Error(`the layer has no ${name}; this is a bug`);
  }
  return tensor;
}

/** The residual stream after a whole block. [T, width] */
export async function runBlock(
  pieces: BlockPieces,
  batch: MaskedBatch,
  x: Float32Array,
  layer: Layer,
): Promise<Float32Array> {
  const attended = await pieces.attention(batch, x, layer);
  const middle = await pieces.apply(x, attended, tensorOf(layer, 'self_attn.o_proj.weight'));
  const hidden = await pieces.hidden(middle, layer);
  return pieces.apply(middle, hidden, tensorOf(layer, 'mlp.down_proj.weight'));
}

function feeds(layer: Layer): Record<string, GraphTensor> {
  return Object.fromEntries(
    [...layer].map(([name, tensor]) => [feedOf(name, tensor.dims.length > 1), tensor]),
  );
}

function batchFeeds(batch: MaskedBatch): Record<string, GraphTensor> {
  return Object.fromEntries(feedsOf(batch).map(({ name, data, dims }) => [name, { data, dims }]));
}

function rotaryFeedsOf(blueprint: Blueprint): Record<string, GraphTensor> {
  const { cos, sin, dims } = rotaryTables(blueprint);
  return { [rotaryFeeds[0]]: { data: cos, dims }, [rotaryFeeds[1]]: { data: sin, dims } };
}

function outputOf(found: Readonly<Record<string, Float32Array>>, name = 'output'): Float32Array {
  const output = found[name];
  if (output === undefined) {
    throw new Error(`the graph has no output ${name}; this is a bug`);
  }
  return output;
}
