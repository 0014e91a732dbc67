import { expect, test } from '@jest/globals';
import { createTokenPace } from '../../src/schedule/cost.ts';

const run = (packedTokens: number, runMs: number) => ({ replica: 'cpu#0', packedTokens, runMs });

test('nothing is estimated before a run was seen', () => {
  expect(createTokenPace().estimateMs(100)).toBe(0);
});

test('the first run sets the pace and later ones move it', () => {
  const pace = createTokenPace();
  pace.observe(run(100, 200));
  expect(pace.estimateMs(50)).toBe(100);
  for (let i = 0; i < 200; i += 1) {
    pace.observe(run(100, 400));
  }
  expect(pace.estimateMs(50)).toBeCloseTo(200);
});
