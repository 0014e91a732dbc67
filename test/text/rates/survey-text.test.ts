import { describe, expect, test } from '@jest/globals';
import { at } from '../../../src/base/at.ts';
import { characterKinds, surveyTexts } from '../../../src/text/rates/survey-text.ts';

const kindsOf = (...texts: readonly string[]) =>
  Object.fromEntries(
    characterKinds.flatMap((kind, i) => {
      const count = at(surveyTexts(texts), i);
      return count > 0 ? [[kind, Math.round(count)]] : [];
    }),
  );

describe('a survey', () => {
  test.each([
    ['Cares for patients', { word: 3, letter: 13 }],
    ['NURSE Wanted', { word: 2, capital: 4, letter: 5 }],
    ['call 555-0192.', { word: 1, letter: 3, digit: 7, sign: 2 }],
    ['a\n\n  b', { word: 2, blank: 3 }],
    ['<p class="x">ab</p>&nbsp;&#160;', { markup: 29, word: 1, letter: 1 }],
    ['<style>p { color: red }</style>a<!-- b > c -->', { markup: 45, word: 1 }],
    ['a < b && c', { word: 3, sign: 3 }],
    ['café', { word: 1, letter: 2, accented: 1 }],
    ['नर्स', { indic: 4 }],
    ['“–”', { symbol: 3 }],
    ['看護師 間호사', { ideograph: 6 }],
    ['Ｎ９\u00a0', { wide: 3 }],
    ['', {}],
  ])('counts the kinds of characters of %j', (text, kinds) => {
    expect(kindsOf(text)).toEqual(kinds);
  });

  test('of several texts adds them up', () => {
    expect(kindsOf('ab', '12', 'cd')).toEqual({ word: 2, letter: 2, digit: 2 });
  });

  test('of a long text is estimated from samples', () => {
    const words = 'night shift '.repeat(20_000);
    const { word = 0, letter = 0 } = kindsOf(words);
    expect(Math.abs(word / 40_000 - 1)).toBeLessThan(0.05);
    expect(Math.abs(letter / 160_000 - 1)).toBeLessThan(0.05);
    // Text between the samples is not read.
    const hidden = `${words.slice(0, 1_000)}${'9'.repeat(10_000)}${words.slice(11_000)}`;
    expect(kindsOf(hidden)).toEqual(kindsOf(words));
  });

  test('counts unclosed markup as signs', () => {
    expect(kindsOf('<!--'.repeat(500))).toEqual({ sign: 4 * 500 });
    expect(kindsOf('<script'.repeat(10))).toEqual({ sign: 10, word: 10, letter: 50 });
  });
});
