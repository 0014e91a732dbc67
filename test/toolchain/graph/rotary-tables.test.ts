import { describe, expect, test } from '@jest/globals';
import { rotaryTables } from '../../../src/toolchain/graph/rotary-tables.ts';

const plain = { rowTokens: 3, headDim: 4, ropeTheta: 100 };

describe('rotary tables', () => {
  test('have cos and sin of position times frequency', () => {
    const { cos, sin, dims } = rotaryTables(plain);
    const angles = [0, 0, 1, 0.1, 2, 0.2];
    expect(dims).toEqual([3, 2]);
    expect([...cos]).toEqual(angles.map((angle) => Math.fround(Math.cos(angle))));
    expect([...sin]).toEqual(angles.map((angle) => Math.fround(Math.sin(angle))));
  });

  test('divide each frequency and multiply both waves', () => {
    const ropeScaling = { divisors: [1, 8], attentionFactor: 0.5 };
    const { cos, sin } = rotaryTables({ ...plain, ropeScaling });
    const angles = [0, 0, 1, 0.1 / 8, 2, 0.2 / 8];
    expect([...cos]).toEqual(angles.map((angle) => Math.fround(Math.cos(angle) / 2)));
    expect([...sin]).toEqual(angles.map((angle) => Math.fround(Math.sin(angle) / 2)));
  });

  test('equal those of an unscaled model bit for bit when all factors are 1', () => {
    const ropeScaling = { divisors: [1, 1], attentionFactor: 1 };
    expect(rotaryTables({ ...plain, ropeScaling })).toEqual(rotaryTables(plain));
  });
});
