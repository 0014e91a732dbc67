import type { GraphBuilder } from './onnx/graph-builder.ts';
import { weightNames } from './weights.ts';

/** Linear layers in floats or in 8 bits; docs/decisions/int8.md has the reasons. */

/**
 * The input of linears: rows in floats, or rounded to 8 bits with one scale per row. Rows share no
 * scale, so the rest of a batch cannot change a score.
 */
export type LinearInput =
  | { readonly kind: 'floats'; readonly rows: string }
  /** rows: uint8 with zero at 128; scales: [rows, 1] */
  | { readonly kind: 'bytes'; readonly rows: string; readonly scales: string };

interface LinearContext {
  readonly graph: GraphBuilder;
  /** Names of the int8 weights; all readers of an input are int8, or none. */
  readonly int8Weights: ReadonlySet<string>;
}

const microsoft = { domain: 'com.microsoft' } as const;
/** Rows are uint8 because ONNX Runtime multiplies int8 by int8 sixteen times slower. */
const zeroPoint = 128;
const largestByte = 127;

/**
 * Prepares x [rows, in] for the linears that read it, rounding it once if their weights are int8.
 */
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
  // Zero points must have the shape of the scales.
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
  // The operator takes one scale for all rows: 1 here; each row's own scale is applied after it.
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
