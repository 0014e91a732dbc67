import { expect, test } from '@jest/globals';
import { packMasked } from '../../../../src/batch/layouts/masked/masked.ts';
import {
  feedsOf,
  groupFeeds,
  sharedFeeds,
} from '../../../../src/batch/layouts/masked/masked-feeds.ts';
import { type Feed, tokenPart } from '../../../../src/batch/packed-batch.ts';

const batch = packMasked(
  [tokenPart({ prefix: Int32Array.of(1, 2), suffixes: [Int32Array.of(3, 4, 5)] })],
  2,
);
const feeds = feedsOf(batch);
const specs = [
  ...Object.values(sharedFeeds),
  ...[0, 1].flatMap((group) => Object.values(groupFeeds(group))),
];

function typeOf({ data }: Feed): string {
  if (data instanceof Int32Array) {
    return 'int32';
  }
  return data instanceof Float32Array ? 'float32' : 'int64';
}

test('a batch feeds exactly the declared inputs, with their types and numbers of dimensions', () => {
  expect(feeds.map((feed) => [feed.name, typeOf(feed), feed.dims.length])).toEqual(
    specs.map(({ name, type, dims }) => [name, type, dims.length]),
  );
});

test('feeds are the buffers of the batch, not copies', () => {
  expect(feeds.find(({ name }) => name === 'ids')?.data).toBe(batch.ids);
});
