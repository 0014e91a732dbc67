import { expect, test } from '@jest/globals';
import { type ItemEncoder, makeItem } from '../../../src/items/compress/make-item.ts';
import type { SourceText } from '../../../src/items/item/compressor.ts';
import type { Item } from '../../../src/items/item/item.ts';
import { firstWord } from '../../support/items/makers.ts';
import { summaryOf } from '../../support/items/stores.ts';

const item: Item = {
  id: 'a',
  version: 1n,
  title: 'A title',
  text: 'many words',
  contentHash: 'ab',
  updatedAtMs: 5,
  waitingSinceMs: 5,
  failures: 0,
  summary: undefined,
  encoded: undefined,
};
const { signal } = new AbortController();

function lengths(): ItemEncoder & { seen: SourceText[] } {
  const seen: SourceText[] = [];
  return {
    seen,
    encoding: 'lengths',
    encode: (candidate) => {
      seen.push(candidate);
      return Promise.resolve(Int32Array.of(candidate.text.length));
    },
  };
}

test('makes the summary and the token ids of title and summary', async () => {
  const encoder = lengths();
  const made = await makeItem(item, { compressor: firstWord('search', '2'), encoder }, signal);
  expect(made).toEqual({
    id: 'a',
    contentHash: 'ab',
    summary: {
      text: 'many',
      kept: [{ start: 0, end: 4 }],
      tokens: 1,
      rawTokens: 2,
      method: 'search',
      version: '2',
    },
    encoded: { encoding: 'lengths', ids: Int32Array.of(4) },
  });
  expect(encoder.seen).toEqual([{ title: 'A title', text: 'many' }]);
});

test('makes only the token ids when the summary is as wanted', async () => {
  const compressor = firstWord('search');
  const encoder = lengths();
  const summed = { ...item, title: undefined, summary: summaryOf('short') };
  const made = await makeItem(summed, { compressor, encoder }, signal);
  expect(made).toMatchObject({ summary: undefined, encoded: { encoding: 'lengths' } });
  expect(compressor.seen).toEqual([]);
  expect(encoder.seen).toEqual([{ text: 'short' }]);
});

test('encodes the text as it is when nothing makes it short', async () => {
  const encoder = lengths();
  await makeItem(item, { compressor: undefined, encoder }, signal);
  expect(encoder.seen).toEqual([{ title: 'A title', text: 'many words' }]);
});
