import { expect, test } from '@jest/globals';
import { packLengths } from '../../../../src/batch/layouts/lengths/lengths.ts';
import { feedsOf, lengthsFeeds } from '../../../../src/batch/layouts/lengths/lengths-feeds.ts';
import { type Feed, tokenPart } from '../../../../src/batch/packed-batch.ts';

const batch = packLengths([
  tokenPart({ prefix: Int32Array.of(1, 2), suffixes: [Int32Array.of(3, 4, 5)] }),
]);
const feeds = feedsOf(batch);

function typeOf({ data }: Feed): string {
  return data instanceof BigInt64Array ? 'int64' : 'int32';
}

test('a batch feeds exactly the declared inputs, with their types and numbers of dimensions', () => {
  expect(feeds.map((feed) => [feed.name, typeOf(feed), feed.dims.length])).toEqual(
    Object.values(lengthsFeeds).map(({ name, type, dims }) => [name, type, dims.length]),
  );
});

test('feeds are the buffers of the batch, with as many values as their dimensions say', () => {
  expect(feeds.find(({ name }) => name === 'keys')?.data).toBe(batch.keys);
  for (const { data, dims } of feeds) {
    expect(data).toHaveLength(dims.reduce((product, dim) => product * dim, 1));
  }
});
