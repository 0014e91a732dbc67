import { expect, test } from '@jest/globals';
import { tokenPart } from '../../src/batch/packed-batch.ts';
import { paddedSlots, piecesOf, realSlots, segmentSlots } from '../../src/batch/slots.ts';

const parts = [
  tokenPart({ prefix: Int32Array.of(1, 2), suffixes: [Int32Array.of(3, 4, 5), Int32Array.of(6)] }),
];

test('real slots are rows times keys of the prefix and of each candidate', () => {
  const slots = 2 * 2 + 3 * (2 + 3) + 1 * (2 + 1);
  expect(realSlots(parts)).toBe(slots);
  expect(realSlots([])).toBe(0);
});

test('padded slots are tiles times rows times keys of each group', () => {
  const groups = [
    { tiles: 2, rows: 3, keys: 4 },
    { tiles: 1, rows: 1, keys: 1 },
  ];
  expect(paddedSlots({ groups })).toBe(25);
});

test.each([
  [1, [1]],
  [64, [64]],
  [65, [32, 33]],
  [160, [53, 53, 54]],
  [1_000, [250, 250, 250, 250]],
])('a segment of %i tokens has pieces of nearly equal length', (tokens, expected) => {
  const pieces = piecesOf(tokens);
  expect(pieces.map(({ rows }) => rows)).toEqual(expected);
  let before = 0;
  for (const piece of pieces) {
    expect(piece.before).toBe(before);
    before += piece.rows;
  }
  expect(before).toBe(tokens);
});

test('the rows of a piece see the prefix and the rows up to its end', () => {
  expect(segmentSlots(10, 100)).toBe(50 * (10 + 50) + 50 * (10 + 100));
  expect(segmentSlots(0, 0)).toBe(0);
  const slots = piecesOf(333).reduce(
    (sum, { before, rows }) => sum + rows * (7 + before + rows),
    0,
  );
  expect(segmentSlots(7, 333)).toBe(slots);
});
