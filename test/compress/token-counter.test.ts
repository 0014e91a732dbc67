import { expect, test } from '@jest/globals';
import { createTokenCounter } from '../../src/compress/token-counter.ts';
import { testManifest } from '../support/serving/test-server.ts';

const { tokenizer } = testManifest;
/** One token for each character. */
const letters = { encode: (text: string) => Int32Array.from(text, () => 1) };

test('a text is counted with the space before it, once it is normalized', () => {
  const counter = createTokenCounter(letters, { tokenizer, normalize: ['spaces'] });
  expect(counter.count('a  b')).toBe(4);
  expect(counter.count('')).toBe(0);
});

test('tokenizer and normalizer are its name', () => {
  const plain = createTokenCounter(letters, { tokenizer });
  const other = createTokenCounter(letters, { tokenizer, normalize: ['spaces'] });
  expect(plain.id).toMatch(/^[0-9a-f]{64}$/);
  expect(other.id).not.toBe(plain.id);
});
