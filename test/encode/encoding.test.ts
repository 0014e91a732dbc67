import { expect, test } from '@jest/globals';
import { encodingOf } from '../../src/encode/encoding.ts';
import { testManifest } from '../support/serving/test-server.ts';

const { template, tokenizer } = testManifest;

test('template, tokenizer and normalizer decide the encoding', () => {
  const plain = { template, tokenizer };
  const others = [
    plain,
    { ...plain, template: { ...template, suffix: '!' } },
    { ...plain, tokenizer: { ...tokenizer, sha256: '00'.repeat(32) } },
    { ...plain, normalize: ['html'] as const },
    { ...plain, normalize: ['html', 'spaces'] as const },
  ];
  expect(new Set(others.map(encodingOf)).size).toBe(others.length);
});

test('what does not change ids does not change the encoding', () => {
  const other = { ...testManifest, name: 'other', precision: 'int8', normalize: [] } as const;
  expect(encodingOf(other)).toBe(encodingOf(testManifest));
  const moved = { template, tokenizer: { ...tokenizer, file: 'other.json' } };
  expect(encodingOf(moved)).toBe(encodingOf(testManifest));
  expect(encodingOf(testManifest)).toMatch(/^[0-9a-f]{16}$/);
});
