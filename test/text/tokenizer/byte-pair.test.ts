import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { BytePairEncoder, byteSpelling } from '../../../src/text/tokenizer/byte-pair.ts';

const merges: [string, string][] = [
  ['a', 'b'],
  ['b', 'a'],
  ['a', 'a'],
  ['ab', 'ab'],
  ['aa', 'b'],
  ['b', 'b'],
  ['ab', 'a'],
  ['aa', 'aa'],
];
const spellings = ['a', 'b', 'c', ...merges.map(([left, right]) => left + right)];
const vocabulary = new Map(spellings.map((spelling, id) => [spelling, id]));
const encoder = new BytePairEncoder({ vocabulary, merges, unknownId: undefined });

/** Follows the definition: repeatedly merges the first of the best pairs. */
function mergeByDefinition(word: string): string[] {
  const parts = Array.from(word).filter((byte) => vocabulary.has(byte));
  for (const [left, right] of repeatBest(parts)) {
    const at = parts.findIndex((part, i) => part === left && parts[i + 1] === right);
    parts.splice(at, 2, left + right);
  }
  return parts;
}

function* repeatBest(parts: string[]): Generator<[string, string]> {
  for (;;) {
    const best = merges.find(([left, right]) =>
      parts.some((part, i) => part === left && parts[i + 1] === right),
    );
    if (best === undefined) {
      return;
    }
    yield best;
  }
}

describe('BytePairEncoder', () => {
  it('merges any word as the definition does', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'x'), maxLength: 60 });
    fc.assert(
      fc.property(word, (text) => {
        expect([...encoder.encode(text)].map((id) => spellings[id])).toEqual(
          mergeByDefinition(text),
        );
      }),
      { numRuns: 1000 },
    );
  });

  it('leaves out bytes that the vocabulary lacks, and merges their neighbours', () => {
    expect([...encoder.encode('axb')]).toEqual([vocabulary.get('ab')]);
    expect([...encoder.encode('xyz')]).toEqual([]);
  });

  it('encodes such bytes as the unknown token if there is one', () => {
    const withUnknown = new BytePairEncoder({ vocabulary, merges, unknownId: 2 });
    expect([...withUnknown.encode('axb')]).toEqual([0, 2, 1]);
  });

  it('returns the same ids after more words than the cache holds', () => {
    const before = [...encoder.encode('abab')];
    for (let i = 0; i < 40_000; i++) {
      encoder.encode(i.toString(2).replaceAll('0', 'a').replaceAll('1', 'b'));
    }
    expect([...encoder.encode('abab')]).toEqual(before);
  });

  it('spells each byte as GPT-2 does', () => {
    expect(byteSpelling[0x20]).toBe('Ġ');
    expect(byteSpelling[0x0a]).toBe('Ċ');
    expect(byteSpelling[0xad]).toBe('Ń');
    expect(byteSpelling[0x41]).toBe('A');
    expect(new Set(byteSpelling).size).toBe(256);
  });
});
