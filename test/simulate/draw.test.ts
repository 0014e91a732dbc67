import { expect, test } from '@jest/globals';
import { drawInBlocks } from '../../src/simulate/draw.ts';
import { createRandom } from '../../src/base/random.ts';

test('draws from what was measured, each as often as it was, its neighbours after it', () => {
  const measured = Array.from({ length: 100 }, (_, i) => i);
  const draw = drawInBlocks(createRandom(1), measured);
  const drawn = Array.from({ length: 50_000 }, () => draw?.() ?? -1);
  const counts = new Map<number, number>();
  drawn.forEach((value) => counts.set(value, (counts.get(value) ?? 0) + 1));
  expect(counts.size).toBe(100);
  expect(Math.min(...counts.values())).toBeGreaterThan(400);
  expect(Math.max(...counts.values())).toBeLessThan(600);
  const steps = drawn.slice(1).filter((value, i) => value === ((drawn[i] ?? 0) + 1) % 100);
  expect(steps.length / drawn.length).toBeGreaterThan(0.95);
});

test('where nothing was measured there is nothing to draw', () => {
  expect(drawInBlocks(createRandom(1), [])).toBeUndefined();
});
