import { describe, expect, it } from '@jest/globals';
import { CheckpointError } from '../../../src/toolchain/files/checkpoint.ts';
import type { DescribedFile, GgufValue } from '../../../src/toolchain/gguf/metadata.ts';
import { buildTokenizerJson } from '../../../src/toolchain/gguf/tokenizer.ts';
import { assertVocabulary, createTokenizer } from '../../../src/text/tokenizer/tokenizer.ts';
import { byteSpelling } from '../../../src/text/tokenizer/byte-pair.ts';
import { readGoldenTokenizer } from '../../support/models/golden-tokenizer.ts';

const tokens = [...byteSpelling, 'he', 'll', 'hell', '<|im_end|>', '<think>'];

function describeGguf(change: Record<string, GgufValue | undefined> = {}): DescribedFile {
  const values: Record<string, GgufValue | undefined> = {
    'tokenizer.ggml.model': 'gpt2',
    'tokenizer.ggml.pre': 'smollm',
    'tokenizer.ggml.tokens': tokens,
    'tokenizer.ggml.token_type': Int32Array.from(tokens, (token) =>
      token === '<|im_end|>' ? 3 : token === '<think>' ? 4 : 1,
    ),
    'tokenizer.ggml.merges': ['h e', 'l l', 'he ll'],
    ...change,
  };
  const metadata = new Map<string, GgufValue>();
  for (const [key, value] of Object.entries(values)) {
    if (value !== undefined) {
      metadata.set(key, value);
    }
  }
  return { source: { name: 'some.gguf' }, metadata };
}

describe('buildTokenizerJson', () => {
  it('makes a tokenizer from vocabulary, merges and added tokens', () => {
    const tokenizer = createTokenizer(buildTokenizerJson(describeGguf()), 'x');
    expect([...tokenizer.encode('hello')]).toEqual([258, byteSpelling.indexOf('o')]);
    expect([...tokenizer.encodeTemplate('<think>he<|im_end|>')]).toEqual([260, 256, 259]);
    expect(tokenizer.encode('<|im_end|>')).toHaveLength(10);
  });

  it('finds the largest id among vocabulary and added tokens', () => {
    const tokenizer = createTokenizer(buildTokenizerJson(describeGguf()), 'x');
    expect(tokenizer.largest).toEqual({ id: 260, token: '<think>' });
    expect(() => assertVocabulary(tokenizer, 260, 'some.gguf')).toThrow(
      'some.gguf gives the token "<think>" the id 260; the model\'s embedding has 260 rows',
    );
    expect(() => assertVocabulary(tokenizer, 261, 'some.gguf')).not.toThrow();
  });

  it('composes characters (NFC) for Qwen only', () => {
    const count = (pre: string) =>
      createTokenizer(buildTokenizerJson(describeGguf({ 'tokenizer.ggml.pre': pre })), 'x').encode(
        'e\u0301',
      ).length;
    expect([count('smollm'), count('qwen2'), count('gpt-2')]).toEqual([3, 2, 3]);
  });

  it.each(['llama-bpe', 'llama-v3', 'llama3'])('makes Llama 3’s for %s', (pre) => {
    const more = [...tokens, '\u0120hell', 'hehe', '123'];
    const change = {
      'tokenizer.ggml.pre': pre,
      'tokenizer.ggml.tokens': more,
      'tokenizer.ggml.token_type': Int32Array.from(more, (token) => (token === '<think>' ? 4 : 1)),
    };
    const tokenizer = createTokenizer(buildTokenizerJson(describeGguf(change)), 'x');
    // Words that no merge makes, groups of three digits, and no NFC.
    expect([...tokenizer.encode('hehe hell')]).toEqual([262, 261]);
    const [one, two] = ['1', '2'].map((digit) => byteSpelling.indexOf(digit));
    expect([...tokenizer.encode('12312')]).toEqual([263, one, two]);
    expect(tokenizer.encode('e\u0301')).toHaveLength(3);
  });

  it('rebuilds SmolLM2’s tokenizer from the keys of its GGUF file', () => {
    const golden = JSON.parse(readGoldenTokenizer('smollm2')) as {
      added_tokens: { id: number }[];
      model: { vocab: Record<string, number>; merges: [string, string][] };
      pre_tokenizer: unknown;
      normalizer: unknown;
    };
    const entries = Object.entries(golden.model.vocab).toSorted(([, a], [, b]) => a - b);
    const special = new Set(golden.added_tokens.map(({ id }) => id));
    const rebuilt = JSON.parse(
      buildTokenizerJson(
        describeGguf({
          'tokenizer.ggml.tokens': entries.map(([name]) => name),
          'tokenizer.ggml.token_type': Int32Array.from(entries, ([, id]) => {
            return special.has(id) ? 3 : 1;
          }),
          'tokenizer.ggml.merges': golden.model.merges.map((pair) => pair.join(' ')),
        }),
      ),
    ) as typeof golden;
    expect(rebuilt.model.vocab).toEqual(golden.model.vocab);
    expect(rebuilt.model.merges).toEqual(golden.model.merges);
    expect(rebuilt.added_tokens).toEqual(golden.added_tokens);
    expect(rebuilt.normalizer).toEqual(golden.normalizer);
  });

  it.each<[string, Record<string, GgufValue | undefined>, RegExp]>([
    ['another model', { 'tokenizer.ggml.model': 'llama' }, /model".*"llama"; allowed: gpt2/],
    ['no model', { 'tokenizer.ggml.model': undefined }, /model".*missing; allowed: gpt2/],
    [
      'another pre-tokenizer',
      { 'tokenizer.ggml.pre': 'tekken' },
      /pre".*"tekken"; allowed: gpt-2, smollm, qwen2, llama-bpe/,
    ],
    ['no merges', { 'tokenizer.ggml.merges': undefined }, /merges".*missing; allowed: strings/],
    [
      'a merge of one',
      { 'tokenizer.ggml.merges': ['he'] },
      /merges\[0\]".*"he"; allowed: two parts/,
    ],
    ['too few types', { 'tokenizer.ggml.token_type': Int32Array.of(1) }, /"1 values".*each of 261/],
    [
      'no types',
      { 'tokenizer.ggml.token_type': undefined },
      /missing; allowed: one for each of 261/,
    ],
    [
      'a token twice',
      { 'tokenizer.ggml.tokens': [...tokens.slice(0, -1), 'he'] },
      /tokens".*"he.* repeated/,
    ],
  ])('refuses %s', (_what, change, message) => {
    expect(() => buildTokenizerJson(describeGguf(change))).toThrow(message);
    expect(() => buildTokenizerJson(describeGguf(change))).toThrow(CheckpointError);
  });
});
