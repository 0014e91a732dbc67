import { describe, expect, test } from '@jest/globals';
import { createPacer, givenPace, type Pace, paceVariable } from '../../../bench/fleet/pace.ts';

const pace: Pace = {
  cost: { fixedMs: 10, tokenMs: 0.5, slotMs: 0.01 },
  factor: 2,
  spread: 0,
  seed: 1,
};
const batch = { tokens: 100, groups: [{ tiles: 2, rows: 10, keys: 50 }] };

describe('createPacer', () => {
  test('a run takes what the cost says, times the factor', () => {
    expect(createPacer(pace, 'cpu:0')(batch)).toBeCloseTo(2 * (10 + 50 + 10), 9);
  });

  test('draws are repeated with the seed and differ between replicas', () => {
    const draw = (seed: number, replica: string) => {
      const drawMs = createPacer({ ...pace, spread: 0.2, seed }, replica);
      return [drawMs(batch), drawMs(batch), drawMs(batch)];
    };
    expect(draw(1, 'cpu:0')).toEqual(draw(1, 'cpu:0'));
    expect(draw(1, 'cpu:0')).not.toEqual(draw(1, 'cpu:1'));
    expect(draw(1, 'cpu:0')).not.toEqual(draw(2, 'cpu:0'));
    expect(new Set(draw(1, 'cpu:0')).size).toBe(3);
  });

  test('the spread leaves the mean where it is', () => {
    const drawMs = createPacer({ ...pace, spread: 0.3 }, 'cpu:0');
    const drawn = Array.from({ length: 20_000 }, () => drawMs(batch));
    const mean = drawn.reduce((sum, ms) => sum + ms, 0) / drawn.length;
    expect(Math.abs(mean / 140 - 1)).toBeLessThan(0.01);
  });
});

test('the pace comes from the environment, and its absence is named', () => {
  expect(givenPace({ [paceVariable]: JSON.stringify(pace) })).toEqual(pace);
  expect(() => givenPace({})).toThrow('BENCH_PACE is missing');
});
