/** Matrices in fp32 or int8, row-major in one array. */

/** [rows, columns] to [columns, rows], in blocks that fit the cache. */
export function transpose<T extends Float32Array | Int8Array>(
  values: T,
  rows: number,
  columns: number,
): T {
  const block = 32;
  const out = values.slice();
  for (let top = 0; top < rows; top += block) {
    for (let left = 0; left < columns; left += block) {
      for (let row = top; row < Math.min(top + block, rows); row++) {
        for (let column = left; column < Math.min(left + block, columns); column++) {
          out[column * rows + row] = values[row * columns + column] ?? 0;
        }
      }
    }
  }
  return out as T;
}

/**
 * Adds scale x up x down to `values`, each sum in double precision.
 *
 * values: [out, in]; up: [out, rank]; down: [rank, in]
 */
export function addLowRank(
  values: Float32Array,
  up: Float32Array,
  down: Float32Array,
  { rank, scale }: { rank: number; scale: number },
): void {
  const width = down.length / rank;
  const sums = new Float64Array(width);
  for (let row = 0; row < up.length / rank; row++) {
    sums.fill(0);
    for (let k = 0; k < rank; k++) {
      const factor = scale * (up[row * rank + k] ?? NaN);
      for (let column = 0; column < width; column++) {
        sums[column] = (sums[column] ?? NaN) + factor * (down[k * width + column] ?? NaN);
      }
    }
    for (let column = 0; column < width; column++) {
      const at = row * width + column;
      values[at] = (values[at] ?? NaN) + (sums[column] ?? NaN);
    }
  }
}
