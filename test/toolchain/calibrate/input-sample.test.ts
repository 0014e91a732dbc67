import { describe, expect, it } from '@jest/globals';
import { InputSample } from '../../../src/toolchain/calibrate/input-sample.ts';

describe('a sample of inputs', () => {
  it('has the largest magnitude of each channel, sums of products, and evenly spaced rows', () => {
    const sample = new InputSample({ channels: 2, tokens: 6, sampled: 3 });
    sample.add(Float32Array.of(0, -9, 1, 1, 2, 2), Float32Array.of(5, 5, 5, 86));
    sample.add(Float32Array.of(3, 3, 4, 4, -5, 5), Float32Array.of(50, 0, 0, 50));
    expect([...sample.maxima]).toEqual([5, 9]);
    expect([...sample.gram]).toEqual([55, 5, 5, 136]);
    expect([...sample.rows]).toEqual([0, -9, 2, 2, 4, 4]);
  });

  it('has all rows when there are fewer than it samples', () => {
    const sample = new InputSample({ channels: 1, tokens: 3, sampled: 8 });
    sample.add(Float32Array.of(1, 2, 3), Float32Array.of(14));
    expect([...sample.rows]).toEqual([1, 2, 3]);
  });
});
