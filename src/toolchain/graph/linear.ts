import type { GraphBuilder } from './onnx/graph-builder.ts';
import { weightNames } from './weights.ts';

/** Linear layers in floats, or in 8 bits: docs/decisions/int8.md. */

/**
 * What linears read: rows as they are, or rounded to 8 bits with one scale a row. No scale is shared by rows, so that what
 * else is in the batch cannot touch a score.
 */
export type LinearInput =
  | { readonly kind: 'floats'; readonly rows: string }
  /** rows: uint8 with zero at 128; scales: [rows, 1] */
  | { readonly kind: 'bytes'; readonly rows: string; readonly scales: string };

interface LinearContext {
  readonly graph: GraphBuilder;
  /** Names of the weights that are integers; what reads the same input is of one kind. */
  readonly int8Weights: ReadonlySet<string>;
}

const microsoft = { domain: 'com.microsoft' } as const;
/** uint8, not int8: ONNX Runtime multiplies int8 by int8 sixteen times slower. */
const zeroPoint = 128;
const largestByte = 127;

/** x [rows, in], rounded where the weight that reads it is int8: once for all linears that read it. */
export function prepare(
  { graph, int8Weights }: LinearContext,
  x: string,
  reader: string,
): LinearInput {
  if (!int8Weights.has(reader)) {
    return { kind: 'floats', rows: x };
  }
  const reduce = (op: string) =>
    graph.node(op, [x, graph.int64([1])], { attributes: { keepdims: { int: 0 } } });
  const largest = graph.node('Max', [
    reduce('ReduceMax'),
    graph.node('Neg', [reduce('ReduceMin')]),
  ]);
  const scales = graph.node('Mul', [largest, graph.float32(1 / largestByte)]);
  // Zero points come in the shape of the scales.
  const zeros = graph.node('Expand', [graph.uint8(zeroPoint), graph.node('Shape', [scales])]);
  const rows = graph.node('QuantizeLinear', [x, scales, zeros], {
    attributes: { axis: { int: 0 } },
  });
  return { kind: 'bytes', rows, scales: asColumn(graph, scales) };
}

/** Input [rows, in] times a weight stored [in, out]. */
export function linear({ graph }: LinearContext, input: LinearInput, weight: string): string {
  if (input.kind === 'floats') {
    return graph.node('MatMul', [input.rows, weight]);
  }
  // The product takes one scale for all rows: 1 here, and each row's own after it.
  const product = graph.node(
    'MatMulIntegerToFloat',
    [input.rows, weight, graph.float32(1), weightNames.scales(weight), graph.uint8(zeroPoint)],
    microsoft,
  );
  return scaleRows(graph, product, input.scales);
}

/** x [rows, columns] times scales [rows, 1]. */
export function scaleRows(graph: GraphBuilder, x: string, scales: string): string {
  return graph.node('Mul', [x, scales]);
}

/** [rows] to [rows, 1] */
export function asColumn(graph: GraphBuilder, values: string): string {
  return graph.node('Unsqueeze', [values, graph.int64([1])]);
}
