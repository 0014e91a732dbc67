import { afterEach, expect, test } from '@jest/globals';
import { Metadata, status } from '@grpc/grpc-js';
import { RankError } from '../../../../src/base/errors.ts';
import { openItems, type TestItems } from '../../../support/items/test-items.ts';

let items: TestItems;
afterEach(() => items.close());

const source = (id: string, version = 1, text = `words of ${id}`) => ({ id, version, text });

test('an item is put, read, listed and deleted', async () => {
  items = await openItems();
  const [reply] = await items.put([{ ...source('a'), title: 'A title' }, source('é', 2)]);
  expect(reply).toMatchObject({ sequence: '0', put: { stored: 2 } });
  expect(await items.call('GetItem', { id: 'a' })).toMatchObject({
    source: { id: 'a', version: '1', title: 'A title', text: 'words of a' },
    summary: {
      text: 'words',
      kept: [{ end: 5 }],
      tokens: 1,
      raw_tokens: 3,
      method: 'fallback',
      method_version: '1',
    },
  });
  const listed = await items.call('ListItems', { page_size: 1 });
  expect(listed['items']).toMatchObject([{ id: 'a', version: '1', method: 'fallback', tokens: 1 }]);
  const { items: rest, next_page_token: token } = await items.call('ListItems', {
    page_token: listed['next_page_token'],
  });
  expect(rest).toMatchObject([{ id: 'é', version: '2' }]);
  expect(token).toBe('');
  const deletes = { items: [{ id: 'a', version: 1 }, { id: 'é', version: 1 }, { id: 'x' }] };
  expect(await items.call('DeleteItems', deletes)).toEqual({ deleted: 1, newer: 1, missing: 1 });
  expect(await items.fail('GetItem', { id: 'a' })).toMatchObject({
    code: status.NOT_FOUND,
    message: "no item 'a' is stored",
    details: { ErrorInfo: { reason: 'ITEM_NOT_FOUND' } },
  });
});

test('versions of 64 bits come back digit by digit', async () => {
  items = await openItems();
  const version = '18446744073709551615';
  await items.put([{ id: 'a', version, text: 'x' }]);
  expect(await items.call('GetItem', { id: 'a' })).toMatchObject({ source: { version } });
  const deletes = { items: [{ id: 'a', version: '18446744073709551614' }] };
  expect(await items.call('DeleteItems', deletes)).toMatchObject({ deleted: 0, newer: 1 });
});

test('GetInfo says whether items are on, how many there are and what makes them short', async () => {
  items = await openItems();
  await items.put([source('a')]);
  expect(await items.server.call('GetInfo', {})).toMatchObject({
    items: {
      items: '1',
      compressor: '',
      fallback_compressor: 'fallback 1',
      id_bytes: 256,
      message_items: 1000,
    },
  });
  await items.close();
  items = await openItems({ off: true });
  expect((await items.server.call('GetInfo', {}))['items']).toBeUndefined();
});

test('without an item store every call says which setting names one', async () => {
  items = await openItems({ off: true });
  const refusal = {
    code: status.FAILED_PRECONDITION,
    message: 'this server has no item store: SLMRANK_ITEMS names the folder of one',
    details: { ErrorInfo: { reason: 'ITEMS_OFF' } },
  };
  expect(await items.fail('GetItem', { id: 'a' })).toMatchObject(refusal);
  expect(await items.fail('ListItems', {})).toMatchObject(refusal);
  expect(await items.fail('DeleteItems', { items: [{ id: 'a' }] })).toMatchObject(refusal);
  const [reply] = await items.put([source('a')]);
  expect(reply).toMatchObject({ error: { code: 9, reason: 'ITEMS_OFF' } });
});

test('bad requests name each field', async () => {
  items = await openItems();
  const violationsOf = async (name: string, request: object) => {
    const { code, details } = await items.fail(name, { ...request });
    expect(code).toBe(status.INVALID_ARGUMENT);
    return (details['BadRequest'] as { field_violations: unknown }).field_violations;
  };
  expect(
    await violationsOf('DeleteItems', { items: [{ id: '' }, { id: 'x'.repeat(257) }] }),
  ).toEqual([
    { field: 'items[0].id', description: 'is empty' },
    { field: 'items[1].id', description: 'has 257 bytes of UTF-8; at most 256' },
  ]);
  expect(await violationsOf('DeleteItems', { items: [{ id: 'a', version: 0 }] })).toEqual([
    { field: 'items[0].version', description: 'is 0; at least 1, or leave it out' },
  ]);
  expect(await violationsOf('DeleteItems', {})).toEqual([
    { field: 'items', description: 'has 0 entries; allowed 1 to 1000' },
  ]);
  const many = Array.from({ length: 1001 }, () => ({ id: 'a' }));
  expect(await violationsOf('DeleteItems', { items: many })).toEqual([
    { field: 'items', description: 'has 1001 entries; allowed 1 to 1000' },
  ]);
  expect(await violationsOf('ListItems', { page_size: 1001 })).toEqual([
    { field: 'page_size', description: 'is 1001; at most 1000, or 0 for none' },
  ]);
  expect(await violationsOf('ListItems', { page_token: '%' })).toEqual([
    {
      field: 'page_token',
      description: 'is none that ListItems gave; send next_page_token as it came',
    },
  ]);
});

test('items count against the quota of an API key, a tenth of a candidate each', async () => {
  items = await openItems({ quota: { candidatesPerSecond: 0.001, burst: 3 } });
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${items.key}`);
  const twenty = Array.from({ length: 20 }, (_, i) => source(`k${i}`));
  const [first, second] = await items.putAll([twenty, twenty], metadata);
  expect(first).toMatchObject({ put: { stored: 20 } });
  expect(second).toMatchObject({
    error: { code: status.RESOURCE_EXHAUSTED, reason: 'QUOTA_EXCEEDED' },
  });
  const anonymous = await items.fail('GetItem', { id: 'k0' });
  expect(anonymous.code).toBe(status.UNAUTHENTICATED);
});

test('a store that is full refuses the message, and its items are still read', async () => {
  items = await openItems();
  await items.put([source('a')]);
  items.failPuts(
    new RankError('overloaded', 'the disk is full', {
      reason: 'ITEMS_FULL',
      retryAfterMs: Number.POSITIVE_INFINITY,
    }),
  );
  const [reply] = await items.put([source('b')]);
  expect(reply).toMatchObject({
    error: { code: status.RESOURCE_EXHAUSTED, message: 'the disk is full', reason: 'ITEMS_FULL' },
  });
  expect(reply?.['error']).not.toHaveProperty('retry_after_ms');
  expect(await items.call('GetItem', { id: 'a' })).toMatchObject({ source: { id: 'a' } });
});
