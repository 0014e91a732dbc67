import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isBlank } from '../../../src/text/normalize/is-blank.ts';
import { createNormalizer, normalizeSteps } from '../../../src/text/normalize/normalize.ts';

test.each([
  ['nothing', undefined],
  ['an empty text', ''],
  ['spaces, tabs and line breaks', ' \t\r\n\v\f\u0085\u2028\u2029'],
  ['spaces of other widths', '\u00a0\u1680\u2000\u2009\u200a\u202f\u205f\u3000'],
  ['characters of no width', '\u200b\u200c\u200d\u2060\u00ad\u034f\u180e'],
  ['the byte order mark', '\ufeff'],
  ['marks of direction', '\u061c\u200e\u200f\u202a\u202e\u2066\u2069'],
  ['control characters', '\0\x07\x1b\x7f\x9f'],
  ['fillers', '\u115f\u1160\u3164\uffa0\u2800'],
  ['selectors and tags', '\ufe0f\u{e0001}\u{e0041}\u{e0100}'],
  ['marks around annotations', '\ufff9\ufffa\ufffb'],
])('%s: the text is blank', (_, text) => {
  expect(isBlank(text)).toBe(true);
});

test.each(['a', '0', '.', '東', '👩‍🚀', '\u0301', '\u0600', '\ufffd', '<br>', '&nbsp;', 'ㅤ.'])(
  '%j is not blank',
  (text) => {
    expect(isBlank(text)).toBe(false);
  },
);

const codePoints = Array.from({ length: 0x110000 }, (_, point) => point).filter(
  (point) => point < 0xd800 || point > 0xdfff,
);
const blanks = codePoints
  .map((point) => String.fromCodePoint(point))
  .filter((character) => isBlank(character));

test('a text is blank when all its characters are, in any order', () => {
  const blank = fc.array(fc.constantFrom(...blanks)).map((characters) => characters.join(''));
  const readable = fc
    .string({ unit: 'binary', minLength: 1, maxLength: 1 })
    .filter((character) => !isBlank(character));
  fc.assert(
    fc.property(blank, readable, blank, (before, character, after) => {
      expect(isBlank(before + after)).toBe(true);
      expect(isBlank(before + character + after)).toBe(false);
    }),
  );
});

test('no normalizer step makes a readable character blank, or a blank one readable', () => {
  const normalize = createNormalizer(normalizeSteps);
  const changed = codePoints.filter((point) => {
    const character = String.fromCodePoint(point);
    return isBlank(character) !== isBlank(normalize(character));
  });
  expect(changed).toEqual([]);
});
