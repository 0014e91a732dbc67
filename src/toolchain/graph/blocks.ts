import type { Blueprint } from '../../model/manifest.ts';
import type { GraphBuilder } from './onnx/graph-builder.ts';
import type { ElementType } from './onnx/model-proto.ts';
import {
  asColumn,
  type LinearInput,
  linear,
  prepare,
  product,
  type Rows,
  scaleRows,
} from './linear.ts';
import { weightNames } from './weights.ts';

export { linear, prepare, type Rows } from './linear.ts';

/**
 * The building blocks of a decoder as graph nodes. Values are strings, their names in the graph.
 */

export const opsets = { '': 24, 'com.microsoft': 1 } as const;

const microsoft = { domain: 'com.microsoft' } as const;

export interface BlockContext {
  readonly graph: GraphBuilder;
  readonly blueprint: Blueprint;
  /** The type of weights and activations. */
  readonly type: Extract<ElementType, 'float32' | 'float16'>;
  /**
   * Names of the weights that are stored as integers and multiplied as integers; with any, `type`
   * is float32.
   */
  readonly int8Weights: ReadonlySet<string>;
}

/**
 * Added to masked scores: far below every score, but finite, so that rows without keys stay finite.
 */
const maskedScore = { float32: -1e9, float16: -30_000 } as const;

export function embed({ graph, int8Weights }: BlockContext, ids: string): string {
  const rows = graph.node('Gather', [weightNames.embedding, ids]);
  if (!int8Weights.has(weightNames.embedding)) {
    return rows;
  }
  const scales = graph.node('Gather', [weightNames.scales(weightNames.embedding), ids]);
  return scaleRows(graph, graph.node('Cast', [rows], castTo('float32')), asColumn(graph, scales));
}

export function norm({ graph, blueprint }: BlockContext, x: string, weight: string): string {
  return graph.node('SimplifiedLayerNormalization', [x, weight], {
    attributes: { axis: { int: -1 }, epsilon: { float: blueprint.normEpsilon } },
  });
}

/** Adds to the residual stream and normalizes the sum in one pass. */
export function addAndNorm(
  { graph, blueprint }: BlockContext,
  residual: string,
  x: string,
  weight: string,
): { normed: string; residual: string } {
  const normed = graph.freshName('residual');
  const sum = graph.freshName('residual');
  graph.nodeInto([normed, '', '', sum], 'SkipSimplifiedLayerNormalization', [x, residual, weight], {
    ...microsoft,
    attributes: { epsilon: { float: blueprint.normEpsilon } },
  });
  return { normed, residual: sum };
}

/**
 * As `addAndNorm`, for a norm that only the linear `reader` and its siblings read. If they round
 * rows to 8 bits, the division by a row's size is left to the scales of their products. Then the
 * rest of the norm is vectorized, which ONNX Runtime's operator is not.
 */
export function addAndNormFor(
  context: BlockContext,
  inputs: { residual: string; x: string; weight: string; reader: string },
): { normed: Rows; residual: string } {
  const { graph, blueprint, int8Weights } = context;
  const { residual, x, weight, reader } = inputs;
  // In rows of other widths a sum could depend on where the row begins.
  const isAligned = blueprint.width % 16 === 0;
  if (!int8Weights.has(reader) || !isAligned) {
    const added = addAndNorm(context, residual, x, weight);
    return { normed: { values: added.normed }, residual: added.residual };
  }
  const sum = graph.node('Add', [x, residual]);
  const meanSquare = graph.node('ReduceMean', [graph.node('Mul', [sum, sum]), graph.int64([1])]);
  const size = graph.node('Sqrt', [
    graph.node('Add', [meanSquare, graph.float32(blueprint.normEpsilon)]),
  ]);
  return {
    normed: {
      values: graph.node('Mul', [sum, weight]),
      scales: graph.node('Reciprocal', [size]),
    },
    residual: sum,
  };
}

/** Picks rows by index. */
export function gatherRows({ graph }: BlockContext, { values, scales }: Rows, index: string): Rows {
  return {
    values: graph.node('Gather', [values, index]),
    scales: scales && graph.node('Gather', [scales, index]),
  };
}

/**
 * q, k or v of a layer: linear, then bias, norm per head and rotation where the family has them.
 */
export function project(
  context: BlockContext,
  x: LinearInput,
  layer: number,
  part: { kind: 'q' | 'k'; positions: string } | { kind: 'v' },
): string {
  const { graph, blueprint } = context;
  const names = weightNames.layer(layer);
  let y = linear(context, x, names[part.kind]);
  if (blueprint.qkvBias) {
    y = graph.node('Add', [y, names[`${part.kind}Bias`]]);
  }
  if (part.kind === 'v') {
    return y;
  }
  const heads = part.kind === 'q' ? blueprint.heads : blueprint.kvHeads;
  if (blueprint.qkNorm) {
    const perHead = graph.node('Reshape', [y, graph.int64([-1, heads, blueprint.headDim])]);
    y = norm(context, perHead, names[`${part.kind}Norm`]);
  }
  return rotate(context, y, part.positions, heads * blueprint.headDim);
}

/** Rotates x [rows, ...] at positions [rows, 1] into [rows, width]. */
function rotate({ graph }: BlockContext, x: string, positions: string, width: number): string {
  const column = graph.node('Reshape', [x, graph.int64([-1, 1, width])]);
  const rotated = graph.node(
    'RotaryEmbedding',
    [column, positions, weightNames.rotaryCos, weightNames.rotarySin],
    { ...microsoft, attributes: { interleaved: { int: 0 } } },
  );
  return graph.node('Reshape', [rotated, graph.int64([-1, width])]);
}

/** The additive mask of the scores, [B, 1, S, K]: a row at place p sees keys at places up to p. */
export function causalMask(
  { graph, type }: BlockContext,
  rowPlace: string,
  keyPlace: string,
): string {
  const rows = graph.node('Unsqueeze', [rowPlace, graph.int64([1, 3])]);
  const keys = graph.node('Unsqueeze', [keyPlace, graph.int64([1, 2])]);
  const sees = graph.node('LessOrEqual', [keys, rows]);
  const mask = graph.node('Where', [sees, graph.float32(0), graph.float32(maskedScore[type])]);
  return type === 'float32' ? mask : graph.node('Cast', [mask], castTo(type));
}

/** q [B, S, heads x d], k and v [B, K, kvHeads x d], mask [B, 1, S, K] to [B x S, heads x d]. */
export function attend(
  { graph, blueprint }: BlockContext,
  inputs: { q: string; k: string; v: string; mask: string },
): string {
  const tiles = graph.node('Attention', [inputs.q, inputs.k, inputs.v, inputs.mask], {
    attributes: {
      q_num_heads: { int: blueprint.heads },
      kv_num_heads: { int: blueprint.kvHeads },
    },
  });
  return graph.node('Reshape', [tiles, graph.int64([-1, blueprint.heads * blueprint.headDim])]);
}

/** down(silu(gate(x)) x up(x)) */
export function mlp(context: BlockContext, x: string | Rows, layer: number): string {
  const { down } = weightNames.layer(layer);
  // The row scales of up pass through down, whose output is narrower and is scaled anyway.
  return linear(context, prepare(context, gatedRows(context, x, layer), down), down);
}

/** silu(gate(x)) x up(x): the input of down. [T, mlpWidth] */
export function mlpHidden(context: BlockContext, x: string, layer: number): string {
  const { values, scales } = gatedRows(context, x, layer);
  return scales === undefined ? values : scaleRows(context.graph, values, scales);
}

function gatedRows(context: BlockContext, x: string | Rows, layer: number): Rows {
  const { graph } = context;
  const names = weightNames.layer(layer);
  const rows = prepare(context, x, names.gate);
  // QuickGelu with alpha 1 is silu.
  const gated = graph.node('QuickGelu', [linear(context, rows, names.gate)], {
    ...microsoft,
    attributes: { alpha: { float: 1 } },
  });
  const { values, scales } = product(context, rows, names.up);
  return { values: graph.node('Mul', [gated, values]), scales };
}

/** The last residual addition, final norm and label rows, always in fp32. [N, 2] */
export function labelHead(context: BlockContext, residual: string, x: string): string {
  const { graph, type } = context;
  const precise = (value: string) =>
    type === 'float32' ? value : graph.node('Cast', [value], castTo('float32'));
  const { normed } = addAndNorm(context, precise(residual), precise(x), weightNames.finalNorm);
  return graph.node('MatMul', [normed, weightNames.labels]);
}

/** TensorProto.DataType codes. */
export function castTo(type: 'float32' | 'float16') {
  return { attributes: { to: { int: type === 'float32' ? 1 : 10 } } };
}
