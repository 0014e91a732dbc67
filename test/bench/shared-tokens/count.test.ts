import { expect, test } from '@jest/globals';
import { countShared, sum } from '../../../bench/shared-tokens/count.ts';

/** Candidates with a suffix of two tokens, behind a prefix of three. */
function request(...texts: readonly (readonly number[])[]) {
  return {
    prefix: Int32Array.of(1, 2, 3),
    candidates: texts.map((text) => ({
      ids: Int32Array.of(...text, 8, 9),
      tokens: text.length,
      truncated: false,
    })),
  };
}

test('counts what equal candidates and common starts compute again', () => {
  const counted = countShared(request([5, 6, 7], [5, 6], [4], [5, 6, 7], [5, 7]));
  expect(counted).toEqual({
    packed: 3 + 11 + 10,
    // The second 5 6 7 with its suffix.
    duplicates: 5,
    // 5 6 of 5 6 7, and 5 of 5 7.
    prefixes: 3,
    suffixes: 6,
  });
});

test('nothing is shared by one candidate, nor by candidates that begin differently', () => {
  expect(countShared(request([5, 6]))).toEqual({
    packed: 7,
    duplicates: 0,
    prefixes: 0,
    suffixes: 0,
  });
  expect(countShared(request([5, 6], [6, 5]))).toMatchObject({ duplicates: 0, prefixes: 0 });
});

test('sums over requests', () => {
  const one = countShared(request([5], [5]));
  expect(sum([one, one])).toEqual({ packed: 18, duplicates: 6, prefixes: 0, suffixes: 0 });
});
