import { describe, expect, it } from '@jest/globals';
import { parseTokenizerFile } from '../../../src/text/tokenizer/tokenizer-file.ts';
import { readGoldenTokenizer } from '../../support/models/golden-tokenizer.ts';

const file = readGoldenTokenizer('qwen');

interface Parts {
  normalizer?: unknown;
  pre_tokenizer?: unknown;
  added_tokens?: Record<string, unknown>[];
  model: Record<string, unknown>;
}

function load(change: (parts: Parts) => void) {
  const parts = JSON.parse(file) as Parts;
  change(parts);
  return () => parseTokenizerFile(JSON.stringify(parts), 'some.json');
}

describe('loading refuses', () => {
  it.each<[string, (parts: Parts) => void, RegExp]>([
    [
      'other models',
      (p) => (p.model['type'] = 'Unigram'),
      /'model.type' is "Unigram"; one of "BPE"/,
    ],
    [
      'byte fallback',
      (p) => (p.model['byte_fallback'] = true),
      /'model.byte_fallback' is true; only/,
    ],
    [
      'other normalizers',
      (p) => (p.normalizer = { type: 'NFKC' }),
      /'normalizer' is {"type":"NFKC"}/,
    ],
    [
      'other pre-tokenizers',
      (p) => (p.pre_tokenizer = { type: 'Whitespace' }),
      /'pre_tokenizer' is {"type":"Whitespace"}; supported are those of gpt-2, smollm, qwen2, llama-bpe/,
    ],
    ['no pre-tokenizer', (p) => delete p.pre_tokenizer, /'pre_tokenizer' is null/],
    ['invalid ids', (p) => (p.model['vocab'] = { a: -1 }), /gives "a" the id -1; 0 to/],
    [
      'a duplicate id',
      (p) => (p.model['vocab'] = { a: 1, b: 1 }),
      /gives "b" the id 1, which another/,
    ],
    ['a list as the vocabulary', (p) => (p.model['vocab'] = []), /'model.vocab' is not an object/],
    ['an object as the merges', (p) => (p.model['merges'] = {}), /'model.merges' is not a list/],
    [
      'a merge of one part',
      (p) => (p.model['merges'] = ['a']),
      /'model.merges\[0\]' is "a"; two parts/,
    ],
    [
      'a merge to an unknown token',
      (p) => (p.model['merges'] = ['Q ~']),
      /needs "Q~", which is not in/,
    ],
    [
      'an unknown token outside the vocabulary',
      (p) => (p.model['unk_token'] = '<x>'),
      /'model.unk_token' is "<x>"/,
    ],
    [
      'an lstrip that is not a flag',
      (p) => (p.added_tokens = [{ id: 1, content: 'x', lstrip: 'left' }]),
      /'added_tokens\[0\].lstrip' is "left"/,
    ],
    [
      'another normalizer in a sequence',
      (p) => (p.normalizer = { type: 'Sequence', normalizers: [{ type: 'NFC' }, { type: 'NFD' }] }),
      /'normalizer' is {"type":"Sequence".*; none, NFC, or a sequence of these is supported/,
    ],
  ])('%s', (_what, change, message) => {
    expect(load(change)).toThrow(message);
  });

  it('text that is not JSON', () => {
    expect(() => parseTokenizerFile('{', 'some.json')).toThrow(/^some.json: not JSON: /);
  });
});
