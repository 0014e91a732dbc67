import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { packRecord, unpackRecord } from '../../../src/items/shared/pack-record.ts';
import type { ItemRecord } from '../../../src/items/store/item-store.ts';
import { summaryOf } from '../../support/items/stores.ts';

const limits = { textBytes: 100 };
const whole: ItemRecord = {
  kind: 'item',
  id: 'a',
  version: 2n ** 64n - 1n,
  title: 'A title',
  text: 'Its text: é 🙂 \u0000',
  summary: summaryOf('short'),
  encoded: { encoding: 'e1', ids: Int32Array.of(0, 65_536, 7) },
};
const bare: ItemRecord = {
  ...whole,
  title: undefined,
  summary: undefined,
  encoded: undefined,
};
const deleted: ItemRecord = { kind: 'tombstone', id: 'a', version: 3n };

test.each([[whole], [bare], [deleted]])('a record comes back as it was', (record) => {
  expect(unpackRecord('a', packRecord(record), limits)).toEqual(record);
});

const list = JSON.parse(packRecord(whole).toString()) as unknown[];
const changed = (place: number, value: unknown) =>
  list.map((each, i) => (i === place ? value : each));
const summary = (place: number, value: unknown) =>
  changed(
    4,
    (list[4] as unknown[]).map((each, i) => (i === place ? value : each)),
  );

test.each<[string, unknown]>([
  ['no list', { 0: 1, 1: '1' }],
  ['another format', changed(0, 2)],
  ['no version', changed(1, 3)],
  ['version 0', changed(1, '0')],
  ['a version of more than 64 bits', changed(1, '18446744073709551616')],
  ['a delete of version 0', [1, '0']],
  ['a part too few', list.slice(0, 5)],
  ['a part too many', [...list, null]],
  ['a title that is no text', changed(2, null)],
  ['a title that is too long', changed(2, 'é'.repeat(51))],
  ['a text that is too long', changed(3, 'x'.repeat(101))],
  ['half a character', changed(3, '\ud83d')],
  ['a summary that is no list', changed(4, 'short')],
  ['a summary that is too long', summary(0, 'x'.repeat(101))],
  ['a part of a text without its end', summary(1, [1])],
  ['a part that ends before it starts', summary(1, [2, 1])],
  ['tokens that are no number', summary(2, '3')],
  ['a negative number of tokens', summary(3, -1)],
  ['a method without a name', summary(4, 7)],
  ['token ids of nothing', changed(5, [null, 'AAAA'])],
  ['token ids that are no bytes', changed(5, ['e1', 'é'])],
  ['half a token id', changed(5, ['e1', 'AAA='])],
  ['a negative token id', changed(5, ['e1', '/////w=='])],
])('a record with %s is left alone', (_, value) => {
  expect(unpackRecord('a', Buffer.from(JSON.stringify(value)), limits)).toBeUndefined();
});

test('bytes that are no UTF-8 or no JSON are left alone, whatever they are', () => {
  const honest = packRecord(whole);
  expect(unpackRecord('a', honest.subarray(0, -1), limits)).toBeUndefined();
  expect(unpackRecord('a', Buffer.from([0x22, 0xff, 0x22]), limits)).toBeUndefined();
  fc.assert(
    fc.property(fc.uint8Array(), fc.nat(honest.length - 1), (noise, place) => {
      expect(unpackRecord('a', noise, limits)).toBeUndefined();
      const cut = Buffer.concat([honest.subarray(0, place), noise]);
      expect(unpackRecord('a', cut, limits)?.kind).not.toBe('tombstone');
    }),
  );
});
