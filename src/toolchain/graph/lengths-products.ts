import { lengthsFeeds } from '../../batch/layouts/lengths/lengths-feeds.ts';
import * as blocks from './blocks.ts';
import type { Products } from './graph-plans.ts';
import { weightNames } from './weights.ts';

/**
 * Projections and the MLP of the lengths graph, with more or fewer linears in one product. Weights
 * are joined in the graph; ONNX Runtime folds that once, when it loads the graph.
 */

const { positions, rows, keys } = lengthsFeeds;
const microsoft = { domain: 'com.microsoft' } as const;

export interface LengthsContext extends blocks.BlockContext {
  readonly products: Products;
  /** The rows of q and k in the tiles, in the units in which `tileInputs` has them. */
  readonly index: { readonly q: string; readonly k: string };
}

/** A layer's inputs of attention: q [B, S, heads x d], k and v [B, K, kvHeads x d]. */
interface TileInputs {
  readonly q: string;
  readonly k: string;
  readonly v: string;
}

/** Adds what all layers share. */
export function startProducts(context: blocks.BlockContext, products: Products): LengthsContext {
  const { graph, blueprint } = context;
  if (products === 'apart') {
    return { ...context, products, index: { q: rows.name, k: keys.name } };
  }
  // q and k of a token lie side by side, in units as wide as k: so many of q, then one of k.
  const units = blueprint.heads / blueprint.kvHeads;
  const first = (tokens: string) => graph.node('Mul', [tokens, graph.int32([units + 1])]);
  const each = graph.int32(Array.from({ length: units }, (_, unit) => unit));
  const q = graph.node('Add', [
    graph.node('Unsqueeze', [first(rows.name), graph.int64([2])]),
    each,
  ]);
  const k = graph.node('Add', [first(keys.name), graph.int32([units])]);
  return { ...context, products, index: { q, k } };
}

/** Projects x [T, width] and gathers the tiles. */
export function tileInputs(context: LengthsContext, x: string, layer: number): TileInputs {
  const { graph, index, blueprint } = context;
  if (context.products === 'apart') {
    const input = { kind: 'floats', rows: x } as const;
    const place = { positions: positions.name };
    const q = blocks.project(context, input, layer, { kind: 'q', ...place });
    const k = blocks.project(context, input, layer, { kind: 'k', ...place });
    const v = blocks.project(context, input, layer, { kind: 'v' });
    return {
      q: graph.node('Gather', [q, index.q]),
      k: graph.node('Gather', [k, index.k]),
      v: graph.node('Gather', [v, keys.name]),
    };
  }
  const { qk, v } = projectTogether(context, x, layer);
  const units = normAndRotate(context, qk, layer);
  const width = blueprint.heads * blueprint.headDim;
  return {
    q: graph.node('Reshape', [graph.node('Gather', [units, index.q]), graph.int64([0, 0, width])]),
    k: graph.node('Gather', [units, index.k]),
    v: graph.node('Gather', [v, keys.name]),
  };
}

/** q and k side by side [T, (heads + kvHeads) x d], and v [T, kvHeads x d]. */
function projectTogether(context: LengthsContext, x: string, layer: number) {
  const names = weightNames.layer(layer);
  const { blueprint } = context;
  if (context.products === 'paired') {
    const qk = product(context, x, [names.q, names.k], [names.qBias, names.kBias]);
    return { qk, v: product(context, x, [names.v], [names.vBias]) };
  }
  const all = [names.q, names.k, names.v];
  const qkv = product(context, x, all, [names.qBias, names.kBias, names.vBias]);
  const width = blueprint.kvHeads * blueprint.headDim;
  const [qk, v] = split(context, qkv, [
    (blueprint.heads + blueprint.kvHeads) * blueprint.headDim,
    width,
  ]);
  return { qk, v };
}

/** x times weights side by side, with their biases if the family has them. */
function product(
  context: LengthsContext,
  x: string,
  weights: readonly string[],
  biases: readonly string[],
): string {
  const { graph, blueprint } = context;
  const y = graph.node('MatMul', [x, joined(context, weights, 1)]);
  return blueprint.qkvBias ? graph.node('Add', [y, joined(context, biases, 0)]) : y;
}

function joined({ graph }: LengthsContext, values: readonly string[], axis: number): string {
  const [only = ''] = values;
  return values.length === 1
    ? only
    : graph.node('Concat', values, { attributes: { axis: { int: axis } } });
}

function split(
  { graph }: LengthsContext,
  x: string,
  [first, second]: readonly [number, number],
): readonly [string, string] {
  const parts = [graph.freshName('split'), graph.freshName('split')] as const;
  graph.nodeInto(parts, 'Split', [x, graph.int64([first, second])], {
    attributes: { axis: { int: 1 } },
  });
  return parts;
}

/** Norms the heads of q and k where the family does, and rotates them: [units, kvHeads x d]. */
function normAndRotate(context: LengthsContext, qk: string, layer: number): string {
  const { graph, blueprint } = context;
  const { heads, kvHeads, headDim, qkNorm, normEpsilon } = blueprint;
  const names = weightNames.layer(layer);
  // [T, heads, 1, d]: to RotaryEmbedding, T sequences of one position.
  let x = graph.node('Reshape', [qk, graph.int64([-1, heads + kvHeads, 1, headDim])]);
  if (qkNorm) {
    const gains = [
      ...Array.from({ length: heads }, () => names.qNorm),
      ...Array.from({ length: kvHeads }, () => names.kNorm),
    ];
    const shape = graph.int64([1, heads + kvHeads, 1, headDim]);
    // With this axis ONNX Runtime takes a gain for each head.
    x = graph.node(
      'SimplifiedLayerNormalization',
      [x, graph.node('Reshape', [joined(context, gains, 0), shape])],
      { attributes: { axis: { int: 2 }, epsilon: { float: normEpsilon } } },
    );
  }
  const inputs = [x, positions.name, weightNames.rotaryCos, weightNames.rotarySin];
  const rotated = graph.node('RotaryEmbedding', inputs, {
    ...microsoft,
    attributes: { interleaved: { int: 0 } },
  });
  return graph.node('Reshape', [rotated, graph.int64([-1, kvHeads * headDim])]);
}

/** down(silu(gate(x)) x up(x)) */
export function mlp(context: LengthsContext, x: string, layer: number): string {
  const { graph, blueprint, products } = context;
  if (products !== 'joined') {
    return blocks.mlp(context, x, layer);
  }
  const { gate, up, down } = weightNames.layer(layer);
  const both = graph.node('MatMul', [x, joined(context, [gate, up], 1)]);
  const { mlpWidth } = blueprint;
  const [gated, raised] = split(context, both, [mlpWidth, mlpWidth]);
  const silu = graph.node('QuickGelu', [gated], {
    ...microsoft,
    attributes: { alpha: { float: 1 } },
  });
  return graph.node('MatMul', [graph.node('Mul', [silu, raised]), down]);
}
