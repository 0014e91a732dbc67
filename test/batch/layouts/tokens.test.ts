import { expect, test } from '@jest/globals';
import { layTokens, packedTokens, tilesOf } from '../../../src/batch/layouts/tokens.ts';
import { tokenPart } from '../../../src/batch/packed-batch.ts';

const ids = (...values: number[]) => Int32Array.of(...values);
const parts = [
  tokenPart({ prefix: ids(1, 2), suffixes: [ids(3, 4, 5), ids(6)] }),
  tokenPart({ prefix: ids(), suffixes: [ids(7, 8)] }),
];

test('each prefix is laid once, and its candidates continue its positions', () => {
  const laid = layTokens(parts);
  expect(packedTokens(parts)).toBe(8);
  expect([...laid.ids]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  expect([...laid.positions]).toEqual([0n, 1n, 2n, 3n, 4n, 2n, 0n, 1n]);
});

test('tiles are the segments, which know their prefix; an empty prefix is none', () => {
  const prefix = { prefixStart: 0, prefixLength: 2 };
  expect(tilesOf(parts)).toEqual([
    { start: 0, rows: 2, prefixStart: 0, prefixLength: 0, candidate: undefined },
    { start: 2, rows: 3, ...prefix, candidate: 0 },
    { start: 5, rows: 1, ...prefix, candidate: 1 },
    { start: 6, rows: 2, prefixStart: 6, prefixLength: 0, candidate: 2 },
  ]);
});

test('an empty candidate and an empty batch are bugs', () => {
  expect(() => tilesOf([tokenPart({ prefix: ids(1), suffixes: [ids()] })])).toThrow(
    'a candidate has 0 tokens; at least 1 (its suffix); this is a bug',
  );
  expect(() => tilesOf([])).toThrow('a batch has 0 candidates; at least 1; this is a bug');
});
