import type { Blueprint } from '../../src/model/manifest.ts';
import type { Feed } from '../../src/batch/packed-batch.ts';
import { GraphBuilder } from '../../src/toolchain/graph/onnx/graph-builder.ts';
import type { Initializer, OnnxModel } from '../../src/toolchain/graph/onnx/model-proto.ts';
import { weightNames } from '../../src/toolchain/graph/weights.ts';

/** The graph has B pairs of L tokens. */
interface StockContext {
  readonly graph: GraphBuilder;
  readonly blueprint: Blueprint;
  /** [B, 1, L, L], added to the attention scores. */
  readonly mask: string;
  /** [B, 1, L, headDim] */
  readonly cos: string;
  readonly sin: string;
}

/** The score of a masked key in Hugging Face's code: the lowest fp32. */
const lowest = -3.4028234663852886e38;

/**
 * The baseline of the ladder: a Llama or Qwen in standard operators only, as torch.onnx exports
 * Hugging Face's eager code, with pairs padded to the longest and the logits of the whole
 * vocabulary at every position. ONNX Runtime fuses what it can.
 */
export function stockGraph(blueprint: Blueprint, initializers: readonly Initializer[]): OnnxModel {
  const graph = new GraphBuilder(initializers);
  const ids = graph.input('input_ids', 'int64', ['B', 'L']);
  const attentionMask = graph.input('attention_mask', 'int64', ['B', 'L']);
  const positions = graph.input('position_ids', 'int64', ['B', 'L']);
  const context: StockContext = {
    graph,
    blueprint,
    mask: additiveMask(graph, attentionMask, positions),
    cos: rotaryWave(graph, weightNames.rotaryCos, positions),
    sin: rotaryWave(graph, weightNames.rotarySin, positions),
  };
  let x = graph.node('Gather', [weightNames.embedding, ids]);
  for (let layer = 0; layer < blueprint.layers; layer++) {
    const names = weightNames.layer(layer);
    x = graph.node('Add', [x, attention(context, norm(context, x, names.inputNorm), layer)]);
    x = graph.node('Add', [x, mlp(context, norm(context, x, names.mlpNorm), layer)]);
  }
  // An untied head has the same shape. Constant folding transposes it once, when the model loads.
  const head = transpose(graph, weightNames.embedding, [1, 0]);
  graph.nodeInto(['logits'], 'MatMul', [norm(context, x, weightNames.finalNorm), head]);
  graph.output('logits', 'float32', ['B', 'L', blueprint.vocabulary]);
  return graph.model('stock export', { '': 18 });
}

/** Masks later keys and padding. */
function additiveMask(graph: GraphBuilder, attentionMask: string, positions: string): string {
  const keys = graph.node('Unsqueeze', [positions, graph.int64([1, 2])]);
  const rows = graph.node('Unsqueeze', [positions, graph.int64([1, 3])]);
  const causal = graph.node('LessOrEqual', [keys, rows]);
  // ONNX's data type 9 is bool.
  const present = graph.node('Cast', [attentionMask], { attributes: { to: { int: 9 } } });
  const sees = graph.node('And', [causal, graph.node('Unsqueeze', [present, graph.int64([1, 2])])]);
  return graph.node('Where', [sees, graph.float32(0), graph.float32(lowest)]);
}

/** Looks up a table [rowTokens, headDim / 2] at the positions, once for each half of a head. */
function rotaryWave(graph: GraphBuilder, table: string, positions: string): string {
  const half = graph.node('Gather', [table, positions]);
  return graph.node('Unsqueeze', [concatLast(graph, [half, half]), graph.int64([1])]);
}

/** weight x / sqrt(mean(x^2) + epsilon), over the last axis. */
function norm({ graph, blueprint }: StockContext, x: string, weight: string): string {
  const squares = graph.node('Pow', [x, graph.float32(2)]);
  const mean = graph.node('ReduceMean', [squares, graph.int64([-1])]);
  const shifted = graph.node('Add', [mean, graph.float32(blueprint.normEpsilon)]);
  const inverse = graph.node('Reciprocal', [graph.node('Sqrt', [shifted])]);
  return graph.node('Mul', [weight, graph.node('Mul', [x, inverse])]);
}

/** x [B, L, width] to [B, L, width]. */
function attention(context: StockContext, x: string, layer: number): string {
  const { graph, blueprint, mask } = context;
  const q = rotate(context, projectHeads(context, x, layer, 'q'));
  const k = rotate(context, projectHeads(context, x, layer, 'k'));
  const v = projectHeads(context, x, layer, 'v');
  const keys = transpose(graph, repeatHeads(context, k), [0, 1, 3, 2]);
  const scale = graph.float32(1 / Math.sqrt(blueprint.headDim));
  const scores = graph.node('Mul', [graph.node('MatMul', [q, keys]), scale]);
  const weights = graph.node('Softmax', [graph.node('Add', [scores, mask])], {
    attributes: { axis: { int: -1 } },
  });
  const mixed = graph.node('MatMul', [weights, repeatHeads(context, v)]);
  const width = blueprint.heads * blueprint.headDim;
  const joined = graph.node('Reshape', [
    transpose(graph, mixed, [0, 2, 1, 3]),
    graph.int64([0, 0, width]),
  ]);
  return graph.node('MatMul', [joined, weightNames.layer(layer).o]);
}

/** q, k or v of a layer, with bias and head norm if the family has them: [B, heads, L, headDim]. */
function projectHeads(
  context: StockContext,
  x: string,
  layer: number,
  kind: 'q' | 'k' | 'v',
): string {
  const { graph, blueprint } = context;
  const names = weightNames.layer(layer);
  const heads = kind === 'q' ? blueprint.heads : blueprint.kvHeads;
  let y = graph.node('MatMul', [x, names[kind]]);
  if (blueprint.qkvBias) {
    y = graph.node('Add', [names[`${kind}Bias`], y]);
  }
  y = graph.node('Reshape', [y, graph.int64([0, 0, heads, blueprint.headDim])]);
  if (blueprint.qkNorm && kind !== 'v') {
    y = norm(context, y, names[`${kind}Norm`]);
  }
  return transpose(graph, y, [0, 2, 1, 3]);
}

/** x cos + (-second half, first half) sin */
function rotate({ graph, blueprint, cos, sin }: StockContext, x: string): string {
  const half = blueprint.headDim / 2;
  const slice = (from: number, to: number) =>
    graph.node('Slice', [x, graph.int64([from]), graph.int64([to]), graph.int64([-1])]);
  const turned = concatLast(graph, [
    graph.node('Neg', [slice(half, blueprint.headDim)]),
    slice(0, half),
  ]);
  return graph.node('Add', [graph.node('Mul', [x, cos]), graph.node('Mul', [turned, sin])]);
}

/**
 * Hugging Face's `repeat_kv`: [B, kvHeads, L, headDim] to [B, heads, L, headDim]. Each key head is
 * copied for every query head of its group.
 */
function repeatHeads({ graph, blueprint }: StockContext, x: string): string {
  const { heads, kvHeads, headDim } = blueprint;
  if (heads === kvHeads) {
    return x;
  }
  const ungrouped = graph.node('Unsqueeze', [x, graph.int64([2])]);
  const copies = graph.node('Expand', [ungrouped, graph.int64([1, 1, heads / kvHeads, 1, 1])]);
  return graph.node('Reshape', [copies, graph.int64([0, heads, -1, headDim])]);
}

/** down(silu(gate(x)) x up(x)) */
function mlp({ graph }: StockContext, x: string, layer: number): string {
  const names = weightNames.layer(layer);
  const gate = graph.node('MatMul', [x, names.gate]);
  const gated = graph.node('Mul', [gate, graph.node('Sigmoid', [gate])]);
  const hidden = graph.node('Mul', [gated, graph.node('MatMul', [x, names.up])]);
  return graph.node('MatMul', [hidden, names.down]);
}

function transpose(graph: GraphBuilder, x: string, order: readonly number[]): string {
  return graph.node('Transpose', [x], { attributes: { perm: { ints: order } } });
}

function concatLast(graph: GraphBuilder, parts: readonly string[]): string {
  return graph.node('Concat', parts, { attributes: { axis: { int: -1 } } });
}

/** Stacks the rows, right-padded with token 0. A row is a prefix and a candidate joined. */
export function stockFeeds(rows: readonly Int32Array[]): Feed[] {
  const length = Math.max(...rows.map((row) => row.length));
  const tokens = rows.length * length;
  const ids = new BigInt64Array(tokens);
  const mask = new BigInt64Array(tokens);
  const positions = BigInt64Array.from({ length: tokens }, (_, i) => BigInt(i % length));
  rows.forEach((row, pair) => {
    ids.set(BigInt64Array.from(row, BigInt), pair * length);
    mask.fill(1n, pair * length, pair * length + row.length);
  });
  const dims = [rows.length, length];
  return [
    { name: 'input_ids', data: ids, dims },
    { name: 'attention_mask', data: mask, dims },
    { name: 'position_ids', data: positions, dims },
  ];
}
