import { expect, test } from '@jest/globals';
import { keepAll, keepHead, keepPhrases } from '../../src/compress/compressed-text.ts';
import type { TokenCounter } from '../../src/compress/compressor.ts';
import { cutPhrases } from '../../src/compress/text/phrases.ts';
import { english, sliceCodePoints, wordCounter } from './fake-parts.ts';

test('places are code points, also behind characters of two units', () => {
  const text = '😀 charts 😀, engines';
  const { phrases } = cutPhrases(text, english);
  const result = keepPhrases(text, phrases, { indices: [1, 0], tokens: 9, counter: wordCounter });
  expect(result.text).toBe('charts, engines');
  expect(result.kept).toEqual([
    { start: 2, end: 8 },
    { start: 12, end: 19 },
  ]);
  expect(sliceCodePoints(text, result.kept)).toEqual(['charts', 'engines']);
});

test('drops the last choices when the whole has more tokens than its phrases', () => {
  // Longer than one phrase, a text has a token more for each comma than was counted.
  const counter: TokenCounter = {
    id: 'greedy',
    count: (text) => wordCounter.count(text) + (text.match(/,/g)?.length ?? 0),
  };
  const text = 'charts; engines; boats';
  const { phrases } = cutPhrases(text, english);
  const result = keepPhrases(text, phrases, { indices: [2, 0, 1], tokens: 5, counter });
  expect(result.text).toBe('charts, boats');
});

test('a head ends behind a word or a character of a run without spaces', () => {
  const head = (text: string, tokens: number) => keepHead(text, tokens, wordCounter).text;
  expect(head('  one two, three four', 4)).toBe('one two, three');
  expect(head('one two, three four', 3)).toBe('one two');
  expect(head('看護師を募集しています', 4)).toBe('看護師を');
  expect(head('*** *** ***', 3)).toBe('***');
  expect(head('one two', 0)).toBe('');
  expect(head('   ', 0)).toBe('   ');
});

test('all of a text is one part, and nothing is none', () => {
  expect(keepAll('a 😀', wordCounter)).toEqual({
    text: 'a 😀',
    kept: [{ start: 0, end: 3 }],
    tokens: 2,
    rawTokens: 2,
  });
  expect(keepAll('', wordCounter).kept).toEqual([]);
});
