/**
 * Symmetric int8 weights with one scale per output channel (a row of the checkpoint's [out, in]).
 */

export interface QuantizedTensor {
  /** [out, in], -127 to 127. */
  readonly values: Int8Array;
  /** [out]; value x scale is the weight. */
  readonly scales: Float32Array;
}

const limit = 127;

/**
 * The largest sum of two neighbouring weights. Without VNNI, x64 multiplies neighbours along the
 * input in pairs and adds each pair of products in 16 bits, saturating (VPMADDUBSW). 255 x 128 =
 * 32,640 fits, so weights whose pairs (2i, 2i + 1) stay within this sum are multiplied exactly on
 * every machine.
 */
export const pairLimit = 128;

/**
 * Candidate numbers of steps for the largest weight of a channel. 64 never limits a pair, more than
 * 127 clips. Finer steps round better but limit more pairs; the total error is least near 100.
 */
const trials = [64, 72, 80, 88, 96, 104, 112, 120, 127, 136];

/**
 * Rounds the weights [out, in] of a linear layer. Each channel gets the scale among `trials` with
 * the least squared error after its pairs are limited to `pairLimit`.
 */
export function quantizeLinear(values: Float32Array, columns: number): QuantizedTensor {
  return quantizeRows(values, columns, (from, to, largest) => {
    let best = { scale: 0, error: Infinity };
    for (const steps of trials) {
      const scale = Math.fround(largest / steps);
      const error = roundPairs(from, to, scale);
      if (error < best.error) {
        best = { scale, error };
      }
    }
    roundPairs(from, to, best.scale);
    return best.scale;
  });
}

/**
 * Rounds a table that is only looked up, such as the embedding: each row to the nearest of 255
 * steps.
 */
export function quantizeTable(values: Float32Array, columns: number): QuantizedTensor {
  return quantizeRows(values, columns, (from, to, largest) => {
    const scale = Math.fround(largest / limit);
    for (let i = 0; i < from.length; i++) {
      to[i] = clip(Math.round((from[i] ?? 0) / scale));
    }
    return scale;
  });
}

/** The weights that the integers represent. */
export function dequantizeChannels({ values, scales }: QuantizedTensor): Float32Array {
  const columns = values.length / scales.length;
  const out = new Float32Array(values.length);
  for (let row = 0, i = 0; row < scales.length; row++) {
    const scale = scales[row] ?? 0;
    for (const end = i + columns; i < end; i++) {
      out[i] = (values[i] ?? 0) * scale;
    }
  }
  return out;
}

/** The index of the first pair that exceeds `pairLimit`; undefined when there is none. */
export function findUnsafePair(values: Int8Array, columns: number): number | undefined {
  for (let row = 0; row < values.length; row += columns) {
    for (let i = row; i + 1 < row + columns; i += 2) {
      if (Math.abs((values[i] ?? 0) + (values[i + 1] ?? 0)) > pairLimit) {
        return i;
      }
    }
  }
  return undefined;
}

/** Rounds one channel with a known largest magnitude into `to`. @returns its scale */
type RoundRow = (from: Float32Array, to: Int8Array, largest: number) => number;

/**
 * Rows below this magnitude become zeros with scale 1: their steps would not be normal fp32
 * numbers.
 */
const smallest = 2 ** -100;

function quantizeRows(values: Float32Array, columns: number, round: RoundRow): QuantizedTensor {
  const rows = values.length / columns;
  const out = { values: new Int8Array(values.length), scales: new Float32Array(rows) };
  for (let row = 0; row < rows; row++) {
    const from = values.subarray(row * columns, (row + 1) * columns);
    const largest = largestMagnitude(from);
    const to = out.values.subarray(row * columns, (row + 1) * columns);
    out.scales[row] = largest < smallest ? 1 : round(from, to, largest);
  }
  return out;
}

/** @returns the squared error */
function roundPairs(from: Float32Array, to: Int8Array, scale: number): number {
  let error = 0;
  for (let i = 0; i < from.length; i += 2) {
    const x = (from[i] ?? 0) / scale;
    const y = (from[i + 1] ?? 0) / scale;
    const a = roundOfPair(x, y);
    const b = roundBeside(y, a);
    to[i] = a;
    to[i + 1] = b;
    error += (x - a) ** 2 + (y - b) ** 2;
  }
  return error * scale ** 2;
}

/**
 * The step for x beside its neighbour y. A pair beyond `pairLimit` gives up the excess in equal
 * parts, which is the nearest pair within the limit.
 */
export function roundOfPair(x: number, y: number): number {
  const nearest = clip(Math.round(x));
  const sum = nearest + clip(Math.round(y));
  if (Math.abs(sum) <= pairLimit) {
    return nearest;
  }
  const sign = Math.sign(sum);
  return sign * Math.min(Math.max(Math.round((sign * (x - y) + pairLimit) / 2), 1), limit);
}

/** The nearest step to y within the limit that the neighbour's step leaves. */
export function roundBeside(y: number, neighbour: number): number {
  return Math.min(Math.max(clip(Math.round(y)), -pairLimit - neighbour), pairLimit - neighbour);
}

function clip(steps: number): number {
  return Math.min(Math.max(steps, -limit), limit);
}

function largestMagnitude(values: Float32Array): number {
  let largest = 0;
  for (const value of values) {
    largest = Math.max(largest, Math.abs(value));
  }
  return largest;
}
