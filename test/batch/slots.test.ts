import { expect, test } from '@jest/globals';
import { tokenPart } from '../../src/batch/packed-batch.ts';
import { paddedSlots, realSlots } from '../../src/batch/slots.ts';

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
