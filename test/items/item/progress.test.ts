import { describe, expect, test } from '@jest/globals';
import type { ItemHead, Wanted } from '../../../src/items/item/item.ts';
import {
  isParked,
  isWaiting,
  parkedProgress,
  progressOf,
  waitingWords,
} from '../../../src/items/item/progress.ts';
import { summaryOf } from '../../support/items/stores.ts';

const wanted: Wanted = {
  summary: { method: 'search', version: '2' },
  encoding: 'ids',
  mostFailures: 3,
};

function word(method?: string, version?: string, encoding?: string): string {
  const parts: Pick<ItemHead, 'summary' | 'encoded'> = {
    summary: method === undefined ? undefined : summaryOf('short', method, version),
    encoded: encoding === undefined ? undefined : { encoding, ids: new Int32Array() },
  };
  return progressOf(parts);
}

describe('whether an item waits', () => {
  const cases: readonly [string, string, Partial<Wanted>, boolean][] = [
    ['nothing done', word(), {}, true],
    ['all done', word('search', '2', 'ids'), {}, false],
    ['an earlier version', word('search', '1', 'ids'), {}, true],
    ['another method', word('fallback', '2', 'ids'), {}, true],
    ['no token ids', word('search', '2'), {}, true],
    ['token ids of another tokenizer', word('search', '2', 'old'), {}, true],
    ['no summary is wanted', word(undefined, undefined, 'ids'), { summary: undefined }, false],
    ['no token ids are wanted', word('search', '2'), { encoding: undefined }, false],
    ['nothing is wanted', word(), { summary: undefined, encoding: undefined }, false],
    ['parked', parkedProgress(wanted), {}, false],
    ['parked for something else', parkedProgress(wanted), { encoding: 'new' }, true],
  ];
  test.each(cases)('%s', (_name, progress, change, expected) => {
    expect(isWaiting(progress, { ...wanted, ...change })).toBe(expected);
  });
});

test('parked items are those parked on the way to what is wanted now', () => {
  expect(isParked(parkedProgress(wanted), wanted)).toBe(true);
  expect(isParked(parkedProgress(wanted), { ...wanted, encoding: 'new' })).toBe(false);
  expect(isParked(word(), wanted)).toBe(false);
});

test('items without a summary of the method are more urgent than those with an earlier one', () => {
  const words = [
    word('search', '1', 'ids'),
    word('searcher', '1'),
    word('search', '2'),
    word('search', '2', 'ids'),
    word(),
  ];
  expect(waitingWords(words, wanted)).toEqual([
    word('searcher', '1'),
    word(),
    word('search', '1', 'ids'),
    word('search', '2'),
  ]);
});
