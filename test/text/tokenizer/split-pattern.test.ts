import { expect, test } from '@jest/globals';
import {
  findSplitter,
  parseSplitPattern,
  splitterNames,
} from '../../../src/text/tokenizer/split-pattern.ts';

function split(name: string, text: string): string[] {
  const pattern = parseSplitPattern(findSplitter(name)?.preTokenizer, 'f');
  return [...text.matchAll(new RegExp(pattern.source, 'ug'))].map(([word]) => word);
}

test.each([
  ['gpt-2', ['I', "'ll", ' pay', ' 123', '!', '  ', '\n']],
  ['smollm', ['I', "'ll", ' pay', ' ', '1', '2', '3', '!', '  ', '\n']],
  ['qwen2', ['I', "'ll", ' pay', ' ', '1', '2', '3', '!', '  \n']],
  ['llama3', ['I', "'ll", ' pay', ' ', '123', '!', '  \n']],
])('%s splits a text into its words', (name, words) => {
  const found = split(name, "I'll pay 123!  \n");
  expect(found.join('')).toBe("I'll pay 123!  \n");
  expect(found.slice(0, words.length - 2)).toEqual(words.slice(0, -2));
});

test('options that do not change ids are ignored', () => {
  const plain = findSplitter('gpt-2')?.preTokenizer as object;
  const { source } = parseSplitPattern({ ...plain, trim_offsets: false }, 'f');
  expect(source).toBe(parseSplitPattern(plain, 'f').source);
});

test('each caller has a pattern of its own', () => {
  const { preTokenizer } = findSplitter('smollm') ?? {};
  expect(parseSplitPattern(preTokenizer, 'f')).not.toBe(parseSplitPattern(preTokenizer, 'f'));
});

test('unknown splitters are refused with the known names', () => {
  expect(() => parseSplitPattern({ type: 'Whitespace' }, 'f')).toThrow(
    `f: 'pre_tokenizer' is {"type":"Whitespace"}; supported are those of ${splitterNames.join(', ')}`,
  );
  expect(findSplitter('llama4')).toBeUndefined();
});
