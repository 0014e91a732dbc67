import { describe, expect, test } from '@jest/globals';
import { at } from '../../../../src/base/at.ts';
import { cheapestShape } from '../../../../src/batch/layouts/lengths/tile-shape.ts';

const segment = (rows: number, prefixLength = 0) => ({ rows, prefixLength });
const segments = (count: number, rows: number, prefixLength: number) =>
  Array.from({ length: count }, () => segment(rows, prefixLength));

describe('the shape of tiles', () => {
  test.each([
    ['one segment', [segment(7)], { tiles: 1, rows: 7, keys: 8 }],
    [
      'a prefix shorter than its even candidates',
      [segment(50), ...segments(50, 150, 50)],
      { tiles: 51, rows: 150, keys: 200 },
    ],
    [
      'a long prefix, cut like its short candidates',
      [segment(300), ...segments(16, 24, 300)],
      { tiles: 16 + 8, rows: 38, keys: 340 },
    ],
    [
      'two prefixes',
      [segment(10), ...segments(3, 20, 10), segment(40), ...segments(3, 20, 40)],
      { tiles: 9, rows: 20, keys: 60 },
    ],
  ])('of %s', (_, given, shape) => {
    expect(cheapestShape(given)).toEqual(shape);
  });

  test('has room for every segment and its prefix', () => {
    const given = [segment(200), ...Array.from({ length: 40 }, (_, i) => segment(5 + i * 7, 200))];
    const { tiles, rows, keys } = cheapestShape(given);
    const cuts = given.map((each) => Math.ceil(each.rows / rows));
    expect(tiles).toBe(cuts.reduce((a, b) => a + b, 0));
    given.forEach((each, i) =>
      expect(each.prefixLength + at(cuts, i) * rows).toBeLessThanOrEqual(keys),
    );
    expect(keys % 4).toBe(0);
  });

  test('of nothing is a bug', () => {
    expect(() => cheapestShape([])).toThrow('a batch has 0 segments; at least 1; this is a bug');
  });
});
