import { at } from '../../base/at.ts';
import { factorize, type Matrix, zeros } from './linear-algebra.ts';
import {
  dequantizeChannels,
  type QuantizedTensor,
  roundBeside,
  roundOfPair,
} from './quantize-channels.ts';

/**
 * Rounds linear weights so that the layer's outputs, rather than its weights, change least: weights
 * with correlated inputs compensate for each other's rounding errors (GPTQ, arXiv 2210.17323).
 * Working from the last input to the first needs only the Cholesky factor of X^T X (arXiv
 * 2507.18553).
 */

/**
 * Share of the mean diagonal that is added to X^T X, as in GPTQ, because some inputs are almost 0
 * on calibration tokens.
 */
const dampingShare = 0.01;

/**
 * U of the damped X^T X = U^T U. |U (w - v)|^2 is the squared difference between the outputs of
 * weights w and v.
 *
 * gram: X^T X. [inputs, inputs]
 */
export function factorizeInputs(gram: Float32Array): Matrix {
  const inputs = Math.sqrt(gram.length);
  const matrix = zeros(inputs, inputs);
  let trace = 0;
  matrix.forEach((row, i) => {
    row.set(gram.subarray(i * inputs, (i + 1) * inputs));
    trace += at(row, i);
  });
  matrix.forEach((row, i) => {
    row[i] = at(row, i) + (dampingShare * trace) / inputs;
  });
  return factorize(matrix);
}

export interface CompensatedTensor extends QuantizedTensor {
  /**
   * Relative root mean square error of the outputs on calibration tokens, before and after
   * compensation.
   */
  readonly outputError: { readonly before: number; readonly after: number };
}

/**
 * Chooses new integers for the same scales. Pairs stay within `pairLimit`.
 *
 * weights: [out, in]; factor: `factorizeInputs` of the inputs
 */
export function compensateRounding(
  weights: Float32Array,
  rounded: QuantizedTensor,
  factor: Matrix,
): CompensatedTensor {
  const columns = factor.length;
  const { scales } = rounded;
  const values = new Int8Array(weights.length);
  let energy = 0;
  for (let first = 0; first < scales.length; first += 4) {
    const rows = four((i) => openRow({ weights, values, columns, scales }, first + i));
    energy += roundFour(rows, factor);
  }
  const lost = dequantizeChannels(rounded).map((value, i) => value - at(weights, i));
  const signal = outputEnergy(weights, factor);
  const share = (of: number) => (signal === 0 ? 0 : Math.sqrt(of / signal));
  const outputError = { before: share(outputEnergy(lost, factor)), after: share(energy) };
  return { values, scales, outputError };
}

/** An output channel in progress. */
interface Row {
  readonly weights: Float32Array;
  readonly steps: Int8Array;
  readonly scale: number;
  /** Weight minus its rounded value. */
  readonly errors: Float64Array;
}

type Four<T> = readonly [T, T, T, T];

/** Four rows are processed together, so that the factor is read once for all of them. */
function four<T>(make: (index: number) => T): Four<T> {
  return [make(0), make(1), make(2), make(3)];
}

/** A row past the last one is a row of zeros. */
function openRow(
  {
    weights,
    values,
    columns,
    scales,
  }: { weights: Float32Array; values: Int8Array; columns: number; scales: Float32Array },
  row: number,
): Row {
  const errors = new Float64Array(columns);
  const scale = scales[row];
  if (scale === undefined) {
    return { weights: new Float32Array(columns), steps: new Int8Array(columns), scale: 1, errors };
  }
  const [start, end] = [row * columns, (row + 1) * columns];
  return {
    weights: weights.subarray(start, end),
    steps: values.subarray(start, end),
    scale,
    errors,
  };
}

/** @returns |U e|^2 of their errors e */
function roundFour(rows: Four<Row>, factor: Matrix): number {
  const errors = four((i) => (rows[i] ?? rows[0]).errors);
  const tails = new Float64Array(4);
  let energy = 0;
  for (let column = factor.length - 1; column >= 0; column--) {
    const factors = factor[column] ?? tails;
    const pivot = factors[column] ?? NaN;
    multiplyTails(factors, errors, column + 1, tails);
    for (const [i, row] of rows.entries()) {
      const tail = tails[i] ?? NaN;
      roundWeight(row, column, tail / pivot);
      energy += (tail + pivot * (row.errors[column] ?? NaN)) ** 2;
    }
  }
  return energy;
}

/**
 * Rounds to the step that best cancels the accumulated error. Pairs are rounded right to left so
 * that the sum limit still leaves room.
 */
function roundWeight({ weights, steps, scale, errors }: Row, column: number, drift: number): void {
  const weight = weights[column] ?? 0;
  const wanted = (weight + drift) / scale;
  const rounded =
    column % 2 === 1
      ? roundOfPair(wanted, (weights[column - 1] ?? 0) / scale)
      : roundBeside(wanted, steps[column + 1] ?? 0);
  steps[column] = rounded;
  errors[column] = weight - rounded * scale;
}

/** |U w|^2 over all rows w. values: [out, in] */
function outputEnergy(values: Float32Array, factor: Matrix): number {
  const columns = factor.length;
  const products = new Float64Array(4);
  let energy = 0;
  for (let start = 0; start < values.length; start += 4 * columns) {
    const rows = four((i) => {
      const row = new Float64Array(columns);
      row.set(values.subarray(start + i * columns, start + (i + 1) * columns));
      return row;
    });
    factor.forEach((factors, column) => {
      multiplyTails(factors, rows, column, products);
      energy += products.reduce((sum, product) => sum + product ** 2, 0);
    });
  }
  return energy;
}

/** out = dot products of factors with each of four rows, starting at `start`. */
function multiplyTails(
  factors: Float64Array,
  [a, b, c, d]: Four<Float64Array>,
  start: number,
  out: Float64Array,
): void {
  let [forA, forB, forC, forD] = [0, 0, 0, 0];
  for (let i = start; i < factors.length; i++) {
    const factor = factors[i] ?? 0;
    forA += factor * (a[i] ?? 0);
    forB += factor * (b[i] ?? 0);
    forC += factor * (c[i] ?? 0);
    forD += factor * (d[i] ?? 0);
  }
  out.set([forA, forB, forC, forD]);
}
