import { describe, expect, it } from '@jest/globals';
import { addLowRank, transpose } from '../../../src/toolchain/numerics/float-matrix.ts';

describe('transpose', () => {
  it('swaps rows and columns of integers', () => {
    expect([...transpose(Int8Array.of(1, 2, 3, 4, 5, 6), 2, 3)]).toEqual([1, 4, 2, 5, 3, 6]);
  });

  it('moves every value of a matrix larger than its blocks', () => {
    const [rows, columns] = [33, 70];
    const values = Float32Array.from({ length: rows * columns }, (_, i) => i);
    const expected = Float32Array.from(
      values,
      (_, i) => (i % rows) * columns + Math.floor(i / rows),
    );
    expect(transpose(values, rows, columns)).toEqual(expected);
  });
});

describe('addLowRank', () => {
  it('adds scale x up x down, computed by hand', () => {
    const values = Float32Array.of(1, 2, 3, 4, 5, 6);
    // up [2, 2] x down [2, 3] = [[7, 2, 3], [-4, 1, -5]]
    const up = Float32Array.of(1, 2, -1, 0);
    const down = Float32Array.of(4, -1, 5, 1.5, 1.5, -1);
    addLowRank(values, up, down, { rank: 2, scale: 0.5 });
    expect([...values]).toEqual([4.5, 3, 4.5, 2, 5.5, 3.5]);
  });

  it('sums in double precision and rounds once', () => {
    const values = Float32Array.of(0);
    const up = Float32Array.of(2 ** 24, 1, -(2 ** 24));
    addLowRank(values, up, Float32Array.of(1, 1, 1), { rank: 3, scale: 1 });
    expect([...values]).toEqual([1]);
  });
});
