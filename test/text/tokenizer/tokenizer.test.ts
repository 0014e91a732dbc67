import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  createTokenizer,
  loadTokenizer,
  singleTokenId,
} from '../../../src/text/tokenizer/tokenizer.ts';
import { readGoldenTokenizer, withTokenizerFile } from '../../support/models/golden-tokenizer.ts';

const file = readGoldenTokenizer('qwen');
const tokenizer = createTokenizer(file, 'tokenizer.json');
const smollm2 = createTokenizer(readGoldenTokenizer('smollm2'), 'tokenizer.json');
const text = fc.string({ unit: 'binary', maxLength: 200 });
const limit = fc.nat({ max: 60 });

interface Parts {
  normalizer?: unknown;
  pre_tokenizer?: unknown;
  added_tokens?: Record<string, unknown>[];
  model: Record<string, unknown>;
}

function load(change: (parts: Parts) => void) {
  const parts = JSON.parse(file) as Parts;
  change(parts);
  return () => createTokenizer(JSON.stringify(parts), 'some.json');
}

describe('encode', () => {
  it('encodes the spelling of a special token as plain text', () => {
    expect(tokenizer.encodeTemplate('<|im_end|>')).toHaveLength(1);
    expect(tokenizer.encode('<|im_end|>').length).toBeGreaterThan(1);
    expect(tokenizer.encode('<think>').length).toBeGreaterThan(1);
  });

  it('reads lone surrogates as U+FFFD', () => {
    expect(smollm2.encode('a\ud800b')).toEqual(smollm2.encode('a\ufffdb'));
    expect(tokenizer.encode('\udc00')).toEqual(tokenizer.encode('\ufffd'));
  });

  it('returns arrays that callers may change', () => {
    smollm2.encode('word').fill(0);
    expect(smollm2.encode('word')).not.toContain(0);
  });

  it('loads the same from a file', async () => {
    const ids = await withTokenizerFile('qwen', (path) => loadTokenizer(path).encode('Hello'));
    expect(ids).toEqual(tokenizer.encode('Hello'));
  });
});

describe.each([
  ['smollm2', smollm2],
  ['qwen', tokenizer],
])('a cut by %s', (_name, cutter) => {
  it('at the end keeps the first tokens, at most three fewer than allowed', () => {
    fc.assert(
      fc.property(text, limit, (whole, most) => {
        const all = [...cutter.encode(whole)];
        const { ids, truncated } = cutter.encodeHead(whole, most);
        expect([...ids]).toEqual(all.slice(0, ids.length));
        expect(truncated).toBe(all.length > most);
        expect(ids.length).toBeLessThanOrEqual(most);
        expect(ids.length).toBeGreaterThanOrEqual(Math.min(all.length, most) - 3);
      }),
    );
  });

  it('at the start keeps the last tokens, at most three fewer than allowed', () => {
    fc.assert(
      fc.property(text, limit, (whole, most) => {
        const all = [...cutter.encode(whole)];
        const { ids, truncated } = cutter.encodeTail(whole, most);
        expect([...ids]).toEqual(all.slice(all.length - ids.length));
        expect(truncated).toBe(all.length > most);
        expect(ids.length).toBeLessThanOrEqual(most);
        expect(ids.length).toBeGreaterThanOrEqual(Math.min(all.length, most) - 3);
      }),
    );
  });

  it('is never inside a character', () => {
    const character = '\u{1f6f8}'; // Four bytes, and as many tokens or one less.
    const each = cutter.encode(character).length;
    expect(each).toBeGreaterThan(2);
    const whole = character.repeat(3);
    for (let most = each; most < 3 * each; most++) {
      expect(cutter.encodeHead(whole, most).ids.length).toBe(most - (most % each));
      expect(cutter.encodeTail(whole, most).ids.length).toBe(most - (most % each));
    }
  });

  it('keeps tokens of characters whose first byte the vocabulary lacks', () => {
    const { ids } = smollm2.encodeHead('\u{40000}'.repeat(9), 7);
    expect(smollm2.encode('\u{40000}')).toHaveLength(3);
    expect(ids).toHaveLength(7);
  });
});

describe('a normalizer', () => {
  const empty = { type: 'Sequence', normalizers: [] };
  const composed = tokenizer.encode('\u00e9');
  it.each<[string, unknown, boolean]>([
    ['that is none', null, false],
    ['that is an empty sequence', empty, false],
    ['that is NFC', { type: 'NFC' }, true],
    ['that is a sequence of NFC', { type: 'Sequence', normalizers: [{ type: 'NFC' }] }, true],
    ['of sequences', { type: 'Sequence', normalizers: [empty, { type: 'NFC' }] }, true],
  ])('%s is accepted', (_what, normalizer, composes) => {
    const ids = load((parts) => (parts.normalizer = normalizer))().encode('e\u0301');
    expect(ids.join() === composed.join()).toBe(composes);
  });
});

describe('ignore_merges', () => {
  const load = (added: object[]) =>
    createTokenizer(
      JSON.stringify({
        added_tokens: added,
        pre_tokenizer: (JSON.parse(readGoldenTokenizer('llama3')) as Parts).pre_tokenizer,
        model: {
          type: 'BPE',
          ignore_merges: true,
          vocab: { a: 0, b: 1, ab: 2, '\u0120ab': 3, abab: 4, '\u00c3\u00a9': 5 },
          merges: ['a b'],
        },
      }),
      'some.json',
    );

  it('encodes words of the vocabulary as one token, and merges others', () => {
    const tokens = load([]);
    expect([...tokens.encode('abab abababab')]).toEqual([4, 2, 2, 2, 2]);
    expect([...tokens.encode('ab ab')]).toEqual([2, 3]);
    expect([...tokens.encode('\u00e9')]).toEqual([5]);
  });

  it('does not apply to the spelling of an added token', () => {
    const added = [{ id: 4, content: 'abab' }];
    expect([...load(added).encode('abab')]).toEqual([2, 2]);
    expect([...load(added).encodeTemplate('abab')]).toEqual([4]);
  });
});

describe('singleTokenId', () => {
  it('finds the id of a word of one token', () => {
    expect(singleTokenId(smollm2, 'yes')).toBe(10407);
    expect(singleTokenId(smollm2, 'no')).toBe(4607);
  });

  it('refuses a label of several tokens with their number', () => {
    expect(() => singleTokenId(smollm2, 'yes and no')).toThrow(
      "label 'yes and no' is 3 tokens; each label must be one",
    );
    expect(() => singleTokenId(smollm2, '')).toThrow("label '' is 0 tokens");
  });
});
