import { describe, expect, test } from '@jest/globals';
import { formatItemLine, parseItemLine } from '../../../src/cli/items/item-lines.ts';
import type { Item } from '../../../src/items/item/item.ts';
import { summaryOf } from '../../support/items/stores.ts';

const parse = (value: unknown) =>
  parseItemLine({ file: 'items.jsonl', line: 7, text: JSON.stringify(value) }, 1n);

const summary = { kept: [[0, 4]], tokens: 2, raw_tokens: 9, method: 'search', version: 'abc' };

test('a line of a BEIR corpus is an item, with the version it has or the given one', () => {
  expect(parse({ _id: 'a', title: '', text: 'x', other: 1 })).toEqual({
    kind: 'item',
    item: { id: 'a', version: 1n, title: undefined, text: 'x' },
    summary: undefined,
  });
  expect(parse({ id: 5, title: 'A', text: 'x', version: 12 })).toMatchObject({
    item: { id: '5', version: 12n, title: 'A' },
  });
  expect(parse({ _id: 'a', text: 'x', version: '18446744073709551615' })).toMatchObject({
    item: { version: 2n ** 64n - 1n },
  });
});

test("a line of 'slmrank compress' is a summary", () => {
  expect(parse({ _id: 'a', title: 'A', text: 'text', metadata: summary })).toEqual({
    kind: 'summary',
    id: 'a',
    summary: {
      text: 'text',
      kept: [{ start: 0, end: 4 }],
      tokens: 2,
      rawTokens: 9,
      method: 'search',
      version: 'abc',
    },
  });
});

test('an item is written as a line that is read back as it was', () => {
  const item: Item = {
    id: '東',
    version: 2n ** 63n,
    title: 'A "title"',
    text: 'line\nbreak',
    contentHash: 'ab',
    updatedAtMs: 1,
    waitingSinceMs: 1,
    failures: 0,
    summary: summaryOf('line'),
    encoded: undefined,
  };
  for (const each of [item, { ...item, title: undefined, summary: undefined }]) {
    const { id, version, title, text } = each;
    expect(parse(JSON.parse(formatItemLine(each)))).toEqual({
      kind: 'item',
      item: { id, version, title, text },
      summary: each.summary,
    });
  }
});

describe('faults name file, line and field', () => {
  const item = { _id: 'a', text: 'x' };
  test.each<[unknown, string]>([
    [{ text: 'x' }, "'id' is missing"],
    [{ _id: 'a' }, "'text' is missing"],
    [{ ...item, version: 0 }, "'version' is 0"],
    [{ ...item, version: 1.5 }, "'version' is 1.5"],
    [{ ...item, version: '18446744073709551616' }, 'a whole number from 1 to 2^64 - 1 is needed'],
    [{ ...item, version: '-1' }, 'a whole number from 1 to 2^64 - 1 is needed'],
    [{ ...item, metadata: { ...summary, kept: [[3, 1]] } }, "'metadata.kept' is [[3,1]]"],
    [{ ...item, metadata: { ...summary, kept: [7] } }, "'metadata.kept' is [7]"],
    [{ ...item, metadata: { ...summary, kept: 'all' } }, 'a list of [start, end] is needed'],
    [{ ...item, metadata: { ...summary, version: undefined } }, "'metadata.version' is missing"],
    [{ ...item, summary: { ...summary, text: 'x', tokens: -1 } }, "'summary.tokens' is -1"],
  ])('%j', (value, fault) => {
    expect(() => parse(value)).toThrow('items.jsonl:7: ');
    expect(() => parse(value)).toThrow(fault);
  });
});
