import { expect, test } from '@jest/globals';
import type { PackedBatch } from '../../../src/batch/packed-batch.ts';
import { lastTokens } from '../../support/models/read-masked.ts';
import { dealRows, scoreRows, unshared } from '../../../src/batch/pack/score-rows.ts';

const [a, b] = [Int32Array.of(1, 2, 3), Int32Array.of(4, 5, 6)];
const row = (prefix: Int32Array, id: number) => ({ prefix, ids: Int32Array.of(id) });
const rows = [row(a, 10), row(a, 11), row(b, 20), row(b, 21)];

/** Scores each candidate by its last token. */
function scoreByToken(batch: PackedBatch): Float32Array {
  return Float32Array.from(lastTokens(batch).flatMap((token) => [token, -token]));
}

test('rows are dealt from all prefixes in turn, within the token budget', () => {
  expect(dealRows(rows, 9)).toEqual([[0, 2, 1], [3]]);
  expect(dealRows([], 9)).toEqual([]);
});

test('a row above the token budget has a batch of its own', () => {
  expect(dealRows(rows, 2)).toEqual([[0], [2], [1], [3]]);
});

test('logits are returned by row index, and each prefix is packed once per batch', async () => {
  const sizes: number[] = [];
  const run = (batch: PackedBatch) => {
    sizes.push(batch.tokens);
    return Promise.resolve(scoreByToken(batch));
  };
  const scores = await scoreRows(rows, [[0, 2, 1], [3]], {
    run,
    plan: { layout: 'masked', attentionGroups: 2 },
  });
  expect(sizes).toEqual([9, 4]);
  expect(rows.map((_, index) => scores.get(index))).toEqual([
    [10, -10],
    [11, -11],
    [20, -20],
    [21, -21],
  ]);
});

test('an unshared row has its prefix among its own tokens', () => {
  expect(unshared(row(a, 10))).toEqual({
    prefix: Int32Array.of(),
    ids: Int32Array.of(1, 2, 3, 10),
  });
});
