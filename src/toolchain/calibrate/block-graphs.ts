import type { Blueprint } from '../../model/manifest.ts';
import { groupFeeds, sharedFeeds } from '../../batch/layouts/masked/masked-feeds.ts';
import { GraphBuilder } from '../graph/onnx/graph-builder.ts';
import { encodeModel } from '../graph/onnx/model-proto.ts';
import * as blocks from '../graph/blocks.ts';
import { weightNames } from '../graph/weights.ts';

/**
 * Graphs of a decoder block in pieces, so that the inputs of o_proj and down_proj can be inspected.
 * Weights are feeds, under the checkpoint's names of layer 0 and in its layout [out, in], so that
 * one session runs every layer.
 */

const names = weightNames.layer(0);
const output = 'output';

/** Feeds of the rotary tables. [rowTokens, headDim / 2] */
export const rotaryFeeds = [weightNames.rotaryCos, weightNames.rotarySin] as const;

/** x [T, width] to the input of o_proj. [T, heads x headDim] */
export function attentionGraph(blueprint: Blueprint): Uint8Array {
  const context = startGraph(blueprint);
  const { graph } = context;
  const { positions, untile } = sharedFeeds;
  const group = groupFeeds(0);
  for (const feed of [positions, untile, ...Object.values(group).slice(0, 4)]) {
    graph.input(feed.name, feed.type, feed.dims);
  }
  for (const name of rotaryFeeds) {
    graph.input(name, 'float32', ['places', 'half']);
  }
  declareVectors(graph, attentionVectors(blueprint));
  declareMatrices(graph, [names.q, names.k, names.v]);
  const x = graph.input('x', 'float32', ['T', blueprint.width]);
  const normed = blocks.prepare(context, blocks.norm(context, x, names.inputNorm), names.q);
  const rotated = { positions: positions.name };
  const q = blocks.project(context, normed, 0, { kind: 'q', ...rotated });
  const k = blocks.project(context, normed, 0, { kind: 'k', ...rotated });
  const v = blocks.project(context, normed, 0, { kind: 'v' });
  const tiles = blocks.attend(context, {
    q: graph.node('Gather', [q, group.rowIndex.name]),
    k: graph.node('Gather', [k, group.keyIndex.name]),
    v: graph.node('Gather', [v, group.keyIndex.name]),
    mask: blocks.causalMask(context, group.rowPlace.name, group.keyPlace.name),
  });
  return finishGraph(graph, 'Gather', [tiles, untile.name]);
}

/** The residual stream after attention [T, width] to the input of down_proj. [T, mlpWidth] */
export function hiddenGraph(blueprint: Blueprint): Uint8Array {
  const context = startGraph(blueprint);
  const { graph } = context;
  declareVectors(graph, [names.mlpNorm]);
  declareMatrices(graph, [names.gate, names.up]);
  const x = graph.input('x', 'float32', ['T', blueprint.width]);
  const normed = blocks.norm(context, x, names.mlpNorm);
  return finishGraph(graph, 'Identity', [blocks.mlpHidden(context, normed, 0)]);
}

/** x + inputs weight^T: o_proj or down_proj and the residual addition. [T, width] */
export function applyGraph(): Uint8Array {
  const graph = new GraphBuilder();
  const inputs = graph.input('inputs', 'float32', ['T', 'in']);
  const weight = graph.input('weight', 'float32', ['width', 'in']);
  const x = graph.input('x', 'float32', ['T', 'width']);
  graph.nodeInto([output], 'Gemm', [inputs, weight, x], { attributes: { transB: { int: 1 } } });
  graph.output(output, 'float32', ['T', 'width']);
  return encodeModel(graph.model('residual addition', blocks.opsets));
}

/** X^T X of X [T, in]. */
export function gramGraph(): Uint8Array {
  const graph = new GraphBuilder();
  const x = graph.input('x', 'float32', ['T', 'in']);
  graph.nodeInto([output], 'Gemm', [x, x], { attributes: { transA: { int: 1 } } });
  graph.output(output, 'float32', ['in', 'in']);
  return encodeModel(graph.model('products of channels', blocks.opsets));
}

/** X^T X and X^T Y of X [T, in] and Y [T, out]: most of pruning's arithmetic. */
export function sumsGraph(): Uint8Array {
  const graph = new GraphBuilder();
  const x = graph.input('x', 'float32', ['T', 'in']);
  const y = graph.input('y', 'float32', ['T', 'out']);
  const transposed = { attributes: { transA: { int: 1 } } };
  graph.nodeInto(['gram'], 'Gemm', [x, x], transposed);
  graph.nodeInto(['cross'], 'Gemm', [x, y], transposed);
  graph.output('gram', 'float32', ['in', 'in']);
  graph.output('cross', 'float32', ['in', 'out']);
  return encodeModel(graph.model('least-squares sums', blocks.opsets));
}

/** The vectors that the attention graph reads, besides the q, k and v matrices. */
function attentionVectors({ qkvBias, qkNorm }: Blueprint): readonly string[] {
  return [
    names.inputNorm,
    ...(qkvBias ? [names.qBias, names.kBias, names.vBias] : []),
    ...(qkNorm ? [names.qNorm, names.kNorm] : []),
  ];
}

function startGraph(blueprint: Blueprint): blocks.BlockContext {
  return { graph: new GraphBuilder(), blueprint, type: 'float32', int8Weights: new Set() };
}

function declareVectors(graph: GraphBuilder, vectors: readonly string[]): void {
  for (const name of vectors) {
    graph.input(name, 'float32', [`${name}:size`]);
  }
}

/** Transposes the fed [out, in] to the [in, out] that the blocks read. */
function declareMatrices(graph: GraphBuilder, matrices: readonly string[]): void {
  for (const name of matrices) {
    const fed = graph.input(matrixFeed(name), 'float32', [`${name}:out`, `${name}:in`]);
    graph.nodeInto([name], 'Transpose', [fed], { attributes: { perm: { ints: [1, 0] } } });
  }
}

function matrixFeed(name: string): string {
  return `${name}:rows`;
}

/** The feed of a layer's tensor, by its name after `model.layers.N.`. */
export function feedOf(tensor: string, isMatrix: boolean): string {
  const name = `model.layers.0.${tensor}`;
  return isMatrix ? matrixFeed(name) : name;
}

function finishGraph(graph: GraphBuilder, op: string, inputs: readonly string[]): Uint8Array {
  graph.nodeInto([output], op, inputs);
  graph.output(output, 'float32', ['T', 'columns']);
  return encodeModel(graph.model('piece of a block', blocks.opsets));
}
