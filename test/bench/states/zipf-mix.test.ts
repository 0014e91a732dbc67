import { expect, test } from '@jest/globals';
import { at } from '../../../src/base/at.ts';
import { zipfDraws, zipfMix } from '../../../bench/states/zipf-mix.ts';

test('a candidate is drawn about twice as often as one of twice its rank', () => {
  const draw = zipfDraws(100, 3);
  const counts = new Float64Array(100);
  for (let i = 0; i < 50_000; i++) {
    const drawn = draw();
    counts[drawn] = at(counts, drawn) + 1;
  }
  const [first = 0, second = 0, , fourth = 0] = counts;
  expect(first / second).toBeCloseTo(2, 0);
  expect(second / fourth).toBeCloseTo(2, 0);
});

test('a larger store finds more, and the chosen requests stand for all', () => {
  const [half, most] = [zipfMix(0.5, 5, 50), zipfMix(0.9, 5, 50)];
  for (const [mix, rate] of [
    [half, 0.5],
    [most, 0.9],
  ] as const) {
    expect(mix.hitRate).toBeGreaterThanOrEqual(rate);
    expect(mix.hitRate).toBeLessThan(rate + 0.02);
    const mean = mix.hits.reduce((sum, hits) => sum + hits, 0) / (5 * 50);
    expect(mean).toBeCloseTo(mix.hitRate, 1);
  }
  expect(half.keptShare).toBeLessThan(most.keptShare / 5);
});
