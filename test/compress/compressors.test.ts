import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { SourceText } from '../../src/compress/compressor.ts';
import { createCompressor } from '../../src/compress/compressors.ts';
import { backgroundOf, english, sliceCodePoints, wordCounter } from './fake-parts.ts';

const parts = { counter: wordCounter, background: english, budget: { titled: 3, untitled: 6 } };
const methods = ['none', 'title', 'head', 'phrases'] as const;
type Method = (typeof methods)[number];

function compress(method: Method, source: SourceText) {
  return createCompressor(method, parts).compress(source);
}

const posting =
  'Repairs the engines of 😀 boats. Keeps all tools in order; welds frames of boats, and repairs engines';

describe('createCompressor', () => {
  test.each([
    ['none', '', posting],
    ['title', '', 'Repairs the engines of 😀 boats'],
    ['title', 'Mechanic', ''],
    ['head', '', 'Repairs the engines of 😀 boats'],
    ['head', 'Mechanic', 'Repairs the engines'],
    ['phrases', '', 'boats, welds frames of boats'],
    ['phrases', 'Mechanic', 'boats'],
  ] as const)('%s with the title %j', async (method, title, text) => {
    const result = await compress(method, { title, text: posting });
    expect(result).toMatchObject({ text, rawTokens: 21, tokens: wordCounter.count(text) });
    expect(sliceCodePoints(posting, result.kept).join(', ')).toBe(text);
  });

  test('keeps a text that fits as it is, and falls back to the head', async () => {
    const short = 'of the, and so on';
    expect(await compress('phrases', { text: short })).toMatchObject({ text: short });
    const nothing = 'of the and so on such as are in the';
    expect(await compress('phrases', { text: nothing })).toMatchObject({
      text: 'of the and so on such',
    });
    const signs = await compress('phrases', { text: '* * * * * * * *' });
    expect(signs.tokens).toBeLessThanOrEqual(6);
    expect(await compress('phrases', { text: '' })).toMatchObject({
      text: '',
      kept: [],
      tokens: 0,
    });
  });

  test('words of the result are words of the kept parts, in any text and within the budget', async () => {
    const pieces = fc.constantFrom(
      'repairs ',
      '😀',
      'of ',
      ', ',
      '\n',
      '看護師を',
      ' für',
      '<b>',
      '  ',
      '9 ',
      '. ',
      'boats',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(pieces), fc.constantFrom(...methods), async (all, method) => {
        const text = all.join('');
        const result = await compress(method, { text });
        const words = (from: string) => from.split(/[\s,]+/u).filter((word) => word !== '');
        expect(sliceCodePoints(text, result.kept).flatMap(words)).toEqual(words(result.text));
        if (method !== 'none') {
          expect(result.tokens).toBeLessThanOrEqual(6);
        }
      }),
    );
  });

  test('has a version that changes with all that decides the result', () => {
    const of = (method: Method, changed: Partial<typeof parts> = {}) =>
      createCompressor(method, { ...parts, ...changed }).version;
    const other = { background: backgroundOf(['other']) };
    const versions = [
      ...methods.map((method) => of(method)),
      of('phrases', other),
      of('phrases', { budget: { titled: 3, untitled: 7 } }),
      of('phrases', { budget: { titled: 4, untitled: 6 } }),
      of('phrases', { counter: { ...wordCounter, id: 'other' } }),
    ];
    expect(new Set(versions).size).toBe(versions.length);
    expect(of('phrases')).toBe(of('phrases'));
    expect(of('head', other)).toBe(of('head'));
  });
});
