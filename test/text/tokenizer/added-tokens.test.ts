import { describe, expect, test } from '@jest/globals';
import { type AddedToken, AddedTokens } from '../../../src/text/tokenizer/added-tokens.ts';

const token = (id: number, content: string, changed: Partial<AddedToken> = {}): AddedToken => ({
  id,
  content,
  lstrip: false,
  rstrip: false,
  singleWord: false,
  special: true,
  ...changed,
});
const find = (text: string, ...tokens: readonly AddedToken[]) =>
  Array.from(new AddedTokens(tokens).find(text), ({ id, start, end }) => [id, start, end]);

describe('added tokens', () => {
  test('are found in order, the longest at each place', () => {
    expect(find('<a><a>b', token(1, '<a>'), token(2, '<a>b'))).toEqual([
      [1, 0, 3],
      [2, 3, 7],
    ]);
  });

  test('include the white space that they strip, but no other token', () => {
    const strips = token(1, '<a>', { lstrip: true, rstrip: true });
    expect(find('x  <a> \n<a> y', strips)).toEqual([
      [1, 1, 8],
      [1, 8, 12],
    ]);
  });

  test('of single words are not found inside a word', () => {
    const word = token(1, 'ab', { singleWord: true });
    expect(find('ab cab abü ab.', word)).toEqual([
      [1, 0, 2],
      [1, 11, 13],
    ]);
  });

  test('are taken literally, and none are found if there are none', () => {
    expect(find('a[b]', token(1, '[b]'))).toEqual([[1, 1, 4]]);
    expect(find('a[b]')).toEqual([]);
  });
});
