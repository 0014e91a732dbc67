import { expect, test } from '@jest/globals';
import {
  isRecords,
  readChanges,
  readClaim,
  readCount,
  readNews,
  readNumber,
  readPage,
  readStamps,
} from '../../../src/items/shared/read-replies.ts';
import { bareRecipe } from '../../../src/items/shared/stamp.ts';
import type { Reply } from '../../../src/valkey/valkey.ts';

const stamp = `${'0'.repeat(19)}10${'a'.repeat(32)}${bareRecipe}`;
const bytes = (text: string) => Buffer.from(text);
const fields = ['n', '7', 'i', 'é', 's', stamp].map(bytes);
const entry: Reply = [bytes('5-1'), fields];
const change = { entry: '5-1', changes: 7, id: 'é', stamp };

test('honest replies are read', () => {
  expect(isRecords([bytes('x'), null])).toBe(true);
  expect([[], null, [7], [[bytes('x')]]].some((reply) => isRecords(reply))).toBe(false);
  expect([readNumber(3), readCount(null), readCount(bytes('12'))]).toEqual([3, 0, 12]);
  expect([0, 1, 2].map(readClaim)).toEqual(['theirs', 'ours', 'made']);
  expect(readStamps([bytes(stamp), null], 2)).toEqual([stamp, null]);
  expect(readPage([bytes('17'), [bytes('sé'), bytes(stamp)]])).toEqual({
    cursor: '17',
    stamps: new Map([['é', stamp]]),
  });
  expect(readChanges([entry])).toEqual([change]);
  expect(readNews([[bytes('stream'), [entry]]])).toEqual([change]);
  expect(readNews(null)).toEqual([]);
});

test('of a page, fields that are none of ours are left out', () => {
  const odd = [bytes('s'), bytes(stamp), bytes('sx'), bytes('x'), bytes('s\xff'), bytes(stamp)];
  const invalid = [
    Buffer.from([0x73, 0xff]),
    bytes(stamp),
    bytes(`s${'x'.repeat(257)}`),
    bytes(stamp),
  ];
  const read = readPage([bytes('0'), [...odd, ...invalid, bytes('sok'), bytes(stamp)]]);
  expect([...(read?.stamps.keys() ?? [])]).toEqual(['ÿ', 'ok']);
});

test.each<[string, unknown]>([
  ['a text for a number', readNumber(bytes('3'))],
  ['a number for a text', readCount(3)],
  ['a count that is no number', readCount(bytes('x'))],
  ['a count beyond all', readCount(bytes('1'.repeat(16)))],
  ['an unknown claim', readClaim(3)],
  ['a claim in words', readClaim(bytes('1'))],
  ['too few stamps', readStamps([null], 2)],
  ['a stamp that is none', readStamps([bytes('x')], 1)],
  ['no list of stamps', readStamps(null, 1)],
  ['no page', readPage(null)],
  ['a page without fields', readPage([bytes('0')])],
  ['a cursor that is no number', readPage([bytes('x'), []])],
  ['no changes', readChanges(null)],
  ['a change that is no list', readChanges([7])],
  ['an entry that is none', readChanges([[bytes('x'), fields]])],
  [
    'a change without its number',
    readChanges([[bytes('5-1'), [bytes('n'), null, ...fields.slice(2)]]]),
  ],
  ['a change without its stamp', readChanges([[bytes('5-1'), fields.slice(0, 5)]])],
  ['news that are none', readNews([])],
  ['news without entries', readNews([[bytes('stream')]])],
])('%s is no answer', (_, read) => {
  expect(read).toBeUndefined();
});
