import { at } from '../../base/at.ts';
import { type GraphSession, openGraph } from '../../engine/session.ts';
import { GraphBuilder } from '../graph/onnx/graph-builder.ts';
import { encodeModel } from '../graph/onnx/model-proto.ts';
import { dequantizeChannels, quantizeLinear } from '../numerics/quantize-channels.ts';
import { opsets } from '../graph/blocks.ts';

/** A linear layer's input rows [T, in] and weights [out, in]. */
export interface Product {
  readonly rows: Float32Array;
  readonly weights: Float32Array;
  readonly inputs: number;
}

/** Computes products of floats, and the same products with 8-bit rounding. */
export interface Products {
  exact(product: Product): Promise<Float32Array>;
  /**
   * The product of rows and weights that are rounded as in the int8 graph, after scaling by
   * `factors` [in]. [T, out]
   */
  rounded(product: Product, factors: Float32Array | undefined): Promise<Float32Array>;
  close(): Promise<void>;
}

/** The caller closes it. */
export async function openProducts(threads: number): Promise<Products> {
  const session = await openGraph(productGraph(), threads);
  return {
    exact: (product) => multiply(session, product),
    rounded: ({ rows, weights, inputs }, factors) => {
      const factor = (index: number) => (factors === undefined ? 1 : at(factors, index % inputs));
      const scaled = weights.map((value, index) => value * factor(index));
      const read = rows.map((value, index) => value / factor(index));
      roundRows(read, inputs);
      return multiply(session, {
        rows: read,
        weights: dequantizeChannels(quantizeLinear(scaled, inputs)),
        inputs,
      });
    },
    close: () => session.close(),
  };
}

/**
 * Mean over rows of |found - exact|^2 / |exact|^2. Each row is divided by its own size, so a token
 * with huge activations counts no more than others.
 */
export function meanRowError(exact: Float32Array, found: Float32Array, rows: number): number {
  const columns = exact.length / rows;
  let sum = 0;
  for (let start = 0; start < exact.length; start += columns) {
    let [signal, noise] = [0, 0];
    for (let i = start; i < start + columns; i++) {
      signal += at(exact, i) ** 2;
      noise += (at(found, i) - at(exact, i)) ** 2;
    }
    sum += signal > 0 ? noise / signal : 0;
  }
  return sum / rows;
}

/** Rounds each row, in place, to 127 steps of its largest magnitude, like graph/linear.ts. */
function roundRows(values: Float32Array, columns: number): void {
  for (let start = 0; start < values.length; start += columns) {
    const row = values.subarray(start, start + columns);
    const step = row.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0) / 127;
    if (step > 0) {
      row.forEach((value, i) => {
        row[i] = Math.round(value / step) * step;
      });
    }
  }
}

async function multiply(session: GraphSession, product: Product): Promise<Float32Array> {
  const { rows, weights, inputs } = product;
  const { output } = await session.run({
    x: { data: rows, dims: [rows.length / inputs, inputs] },
    weights: { data: weights, dims: [weights.length / inputs, inputs] },
  });
  if (output === undefined) {
    throw new Error('the graph has no output; this is a bug');
  }
  return output;
}

/** x weights^T */
function productGraph(): Uint8Array {
  const graph = new GraphBuilder();
  const x = graph.input('x', 'float32', ['T', 'in']);
  const weights = graph.input('weights', 'float32', ['out', 'in']);
  graph.nodeInto(['output'], 'Gemm', [x, weights], { attributes: { transB: { int: 1 } } });
  graph.output('output', 'float32', ['T', 'out']);
  return encodeModel(graph.model('product', opsets));
}
