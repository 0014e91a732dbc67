import { expect, it } from '@jest/globals';
import { fit, oneLine, pad, widthOf } from '../../../src/cli/shared/fit-text.ts';

it('keeps a text on one line, without control characters', () => {
  expect(oneLine(' a\r\n\tb\u001b[31m c ')).toBe('a b [31m c');
});

it.each([
  ['nurse', 5, 'nurse'],
  ['nurses', 5, 'nurs…'],
  ['👩🏽‍⚕️ nurse', 2, '👩…'],
  ['', 3, ''],
])('cuts %j to %d places', (text, width, expected) => {
  expect(fit(text, width)).toBe(expected);
  expect(widthOf(fit(text, width))).toBeLessThanOrEqual(width);
});

it('fills up with spaces, and leaves a wider text as it is', () => {
  expect(pad('né', 4)).toBe('né  ');
  expect(pad('nurse', 4)).toBe('nurse');
});
