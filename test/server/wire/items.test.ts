import { expect, test } from '@jest/globals';
import {
  readPageToken,
  toDeleteForms,
  toItemForms,
  toWireItem,
  toWirePage,
} from '../../../src/server/wire/items.ts';
import type { Item } from '../../../src/items/item/item.ts';
import { summaryOf } from '../../support/items/stores.ts';

const item: Item = {
  id: 'é',
  version: 2n ** 64n - 1n,
  title: undefined,
  text: 'text',
  contentHash: 'ab',
  updatedAtMs: 5,
  waitingSinceMs: 5,
  failures: 1,
  summary: undefined,
  encoded: undefined,
};

test('versions of 64 bits pass as text in both directions', () => {
  const version = '18446744073709551615';
  expect(toItemForms({ items: [{ id: 'a', version, text: 'x' }] })).toEqual([
    { id: 'a', version: 2n ** 64n - 1n, title: undefined, text: 'x' },
  ]);
  expect(toDeleteForms({ items: [{ id: 'a', version }, { id: 'b' }] })).toEqual([
    { id: 'a', version: 2n ** 64n - 1n },
    { id: 'b', version: undefined },
  ]);
  expect(toWireItem(item)).toMatchObject({ source: { version } });
});

test('an item without title and summary has neither field', () => {
  const wire = toWireItem(item);
  expect(wire.source).not.toHaveProperty('title');
  expect(wire).not.toHaveProperty('summary');
  const full = toWireItem({
    ...item,
    title: 'A title',
    summary: summaryOf('short', 'search', '2'),
    encoded: { encoding: 'e', ids: Int32Array.of(1, 2) },
  });
  expect(full).toMatchObject({
    source: { title: 'A title' },
    summary: { text: 'short', method: 'search', methodVersion: '2', kept: [{ start: 0, end: 5 }] },
    candidateTokens: 2,
    failures: 1,
  });
});

test('page tokens of any id are read back, and others refused', () => {
  const { nextPageToken = '' } = toWirePage({ items: [item], next: 'é 東\u0000' });
  expect(readPageToken(nextPageToken)).toBe('é 東\u0000');
  expect(toWirePage({ items: [], next: undefined }).nextPageToken).toBe('');
  expect(readPageToken('')).toBeUndefined();
  for (const token of ['%', 'YQ==', Buffer.from('x'.repeat(257)).toString('base64url')]) {
    expect(() => readPageToken(token)).toThrow('is none that ListItems gave');
  }
});
