import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { at } from '../../../src/base/at.ts';
import { packedTokens } from '../../../src/batch/pack/pack-batch.ts';
import { batchPairs } from '../../../src/eval/rank/pair-batches.ts';
import { fakeData, fakeEncoding } from './fake-pairs.ts';

const anyPairs = fc.uniqueArray(
  fc.record({ query: fc.integer({ max: 3, min: 0 }), candidate: fc.integer({ max: 5, min: 0 }) }),
  { maxLength: 24, selector: ({ query, candidate }) => `${query} ${candidate}` },
);

describe.each(['query-first', 'candidate-first'] as const)('batches of %s pairs', (order) => {
  test('contain each pair once, within the budget, and shared tokens once', () => {
    fc.assert(
      fc.property(anyPairs, fc.integer({ min: 1, max: 120 }), (found, budget) => {
        const asked = found.map(({ query, candidate }) => ({
          query: `q${query}`,
          candidate: `c${candidate}`,
        }));
        const dealt = [...batchPairs(asked, fakeData, fakeEncoding(order, budget))];
        const rows = dealt.flatMap(({ parts, pairs: batched }) => {
          const packed = parts.flatMap(({ prefix, suffixes }) =>
            suffixes.map((ids) => ({ prefix, ids })),
          );
          expect(batched).toHaveLength(packed.length);
          return packed.map((row, i) => ({ ...row, pair: at(batched, i).pair }));
        });
        expect(rows.map(({ pair }) => pair).toSorted((a, b) => a - b)).toEqual([...asked.keys()]);
        for (const { prefix, ids, pair } of rows) {
          const { query, candidate } = at(found, pair);
          const text = [...Array(7 * candidate).keys()];
          expect([...prefix.ids, ...ids.ids]).toEqual(
            order === 'query-first'
              ? [100 + query, 100 + query, ...text, 99]
              : [98, ...text, 100 + query, 100 + query],
          );
        }
        for (const batch of dealt) {
          const prefixes = batch.parts.map(({ prefix }) => prefix.ids);
          expect(new Set(prefixes).size).toBe(prefixes.length);
          expect(batch.packedTokens).toBe(packedTokens(batch.parts));
          expect(batch.pairs.length === 1 || batch.packedTokens <= budget).toBe(true);
        }
      }),
    );
  });

  test('compute the first part of the template once when the batch is large enough', () => {
    const all = [...fakeData.queries.keys()].flatMap((query) =>
      [...fakeData.corpus.keys()].map((candidate) => ({ query, candidate })),
    );
    const [batch, ...more] = batchPairs(all, fakeData, fakeEncoding(order, 1000));
    expect(more).toEqual([]);
    // 4 queries of 2 tokens, 6 candidates with 105 tokens in total, and one template token for each
    // prefix or suffix.
    expect(batch?.packedTokens).toBe(
      order === 'query-first' ? 4 * 2 + 4 * (105 + 6) : 105 + 6 + 24 * 2,
    );
  });
});
