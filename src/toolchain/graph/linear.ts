import type { GraphBuilder } from './onnx/graph-builder.ts';
import { weightNames } from './weights.ts';

/** Linear layers in floats or in 8 bits; docs/decisions/int8.md has the reasons. */

/** Rows [rows, in]; each still has to be multiplied by its own of the scales [rows, 1], if any. */
export interface Rows {
  readonly values: string;
  readonly scales?: string | undefined;
}

/**
 * The input of linears: rows in floats, or rounded to 8 bits with one scale per row (zero at 128).
 * Rows share no scale, so the rest of a batch cannot change a score.
 */
export interface LinearInput extends Rows {
  readonly kind: 'floats' | 'bytes';
}

interface LinearContext {
  readonly graph: GraphBuilder;
  /** Names of the int8 weights; all readers of an input are int8, or none. */
  readonly int8Weights: ReadonlySet<string>;
}

const microsoft = { domain: 'com.microsoft' } as const;
/** Rows are uint8 because ONNX Runtime multiplies int8 by int8 sixteen times slower. */
const zeroPoint = 128;
const largestByte = 127;

/** Prepares rows for the linears that read them, rounding them once if their weights are int8. */
export function prepare(
  { graph, int8Weights }: LinearContext,
  x: string | Rows,
  reader: string,
): LinearInput {
  const { values, scales } = typeof x === 'string' ? { values: x } : x;
  if (!int8Weights.has(reader)) {
    return { kind: 'floats', values, scales };
  }
  const reduce = (op: string) =>
    graph.node(op, [values, graph.int64([1])], { attributes: { keepdims: { int: 0 } } });
  const largest = graph.node('Max', [
    reduce('ReduceMax'),
    graph.node('Neg', [reduce('ReduceMin')]),
  ]);
  const steps = graph.node('Mul', [largest, graph.float32(1 / largestByte)]);
  // Zero points must have the shape of the steps.
  const zeros = graph.node('Expand', [graph.uint8(zeroPoint), graph.node('Shape', [steps])]);
  const bytes = graph.node('QuantizeLinear', [values, steps, zeros], {
    attributes: { axis: { int: 0 } },
  });
  const column = asColumn(graph, steps);
  return {
    kind: 'bytes',
    values: bytes,
    scales: scales === undefined ? column : scaleRows(graph, column, scales),
  };
}

/** Input [rows, in] times a weight stored [in, out]. */
export function linear(context: LinearContext, input: LinearInput, weight: string): string {
  const { values, scales } = product(context, input, weight);
  return scales === undefined ? values : scaleRows(context.graph, values, scales);
}

/** As `linear`, but leaves the scales of the rows to the caller, for whom it may be cheaper. */
export function product({ graph }: LinearContext, input: LinearInput, weight: string): Rows {
  const { kind, values, scales } = input;
  if (kind === 'floats') {
    return { values: graph.node('MatMul', [values, weight]), scales };
  }
  // The operator takes one scale for all rows: 1 here; each row's own scale is applied after it.
  const multiplied = graph.node(
    'MatMulIntegerToFloat',
    [values, weight, graph.float32(1), weightNames.scales(weight), graph.uint8(zeroPoint)],
    microsoft,
  );
  return { values: multiplied, scales };
}

/** x [rows, columns] times scales [rows, 1]. */
export function scaleRows(graph: GraphBuilder, x: string, scales: string): string {
  return graph.node('Mul', [x, scales]);
}

/** [rows] to [rows, 1] */
export function asColumn(graph: GraphBuilder, values: string): string {
  return graph.node('Unsqueeze', [values, graph.int64([1])]);
}
