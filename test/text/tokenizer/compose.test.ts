import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { composeText } from '../../../src/text/tokenizer/compose.ts';

/** Marks of many classes, with a starter (U+0903) and one that decomposes into two (U+0344). */
const marks = Array.from(
  '\u0300\u0301\u0308\u0323\u0327\u0334\u0345\u0360\u05b0\u064b\u093c\u0903\u0344\u0f71\u3099\u302e',
);

describe('composeText', () => {
  it('is NFC, however long the runs of marks are', () => {
    const run = fc.array(fc.constantFrom(...marks, 'e', 'か', '각'), {
      minLength: 30,
      maxLength: 200,
      size: 'max',
    });
    fc.assert(
      fc.property(run, (characters) => {
        const text = characters.join('');
        expect(composeText(text)).toBe(text.normalize('NFC'));
      }),
    );
  });

  it('puts all marks of Unicode into the order of their classes', () => {
    const all = Array.from({ length: 0x20000 }, (_, code) => String.fromCodePoint(code)).filter(
      (character) => /\p{M}/u.test(character),
    );
    const text = all.toReversed().join('');
    expect(all.length).toBeGreaterThan(2000);
    expect(composeText(text)).toBe(text.normalize('NFC'));
  });

  it('composes 400,000 marks of two classes in turn', () => {
    expect(composeText(`e${'\u0300\u0327'.repeat(200_000)}`)).toMatch(/^\u0229\u0327+\u0300+$/);
  });
});
