import { expect, test } from '@jest/globals';
import { at } from '../../../src/base/at.ts';
import {
  drawExponential,
  drawFactor,
  drawFromQuantiles,
  drawInBlocks,
} from '../../../src/simulate/traffic/draw.ts';
import { createRandom } from '../../../src/base/random.ts';

test('measured values are drawn equally often, in runs of neighbours', () => {
  const measured = Array.from({ length: 100 }, (_, i) => i);
  const draw = drawInBlocks(createRandom(1), measured);
  const drawn = Array.from({ length: 50_000 }, () => draw?.() ?? -1);
  const counts = new Map<number, number>();
  drawn.forEach((value) => counts.set(value, (counts.get(value) ?? 0) + 1));
  expect(counts.size).toBe(100);
  expect(Math.min(...counts.values())).toBeGreaterThan(400);
  expect(Math.max(...counts.values())).toBeLessThan(600);
  const steps = drawn.slice(1).filter((value, i) => value === (at(drawn, i) + 1) % 100);
  expect(steps.length / drawn.length).toBeGreaterThan(0.95);
});

test('nothing can be drawn without measured values', () => {
  expect(drawInBlocks(createRandom(1), [])).toBeUndefined();
});

test('draws have their means', () => {
  const random = createRandom(5);
  const mean = (draw: () => number) =>
    Array.from({ length: 20_000 }, draw).reduce((sum, value) => sum + value, 0) / 20_000;
  expect(mean(() => drawExponential(random, 40))).toBeCloseTo(40, -0.3);
  expect(mean(() => drawFactor(random, 0.3))).toBeCloseTo(1, 1);
  expect(drawFactor(random, 0)).toBe(1);
  expect(mean(() => drawFromQuantiles(random, [0, 10, 40]))).toBeCloseTo(15, 0);
});
