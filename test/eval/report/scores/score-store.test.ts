import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { openScoreStore, slug, storePath } from '../../../../src/eval/report/scores/score-store.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const pairs = ['a', 'b'].map((candidate) => ({ query: 'q', candidate }));
const identity = {
  fingerprint: 'f',
  view: { candidateTokens: 24, variant: 'titles' },
  hashes: ['corpus', 'queries'],
} as const;

test('reads stored scores back, without an incomplete last line', async () => {
  const path = join(temporaryFolder(), 'state', 'scores.jsonl');
  const store = await openScoreStore(path);
  expect(store.find({ query: 'q', candidate: 'a' })).toBeUndefined();
  await store.add(pairs, [0.1 + 0.2, -3]);
  appendFileSync(path, '{"pairs":"q c","sco');
  const again = await openScoreStore(path);
  expect(again.find({ query: 'q', candidate: 'a' })).toBe(0.1 + 0.2);
  expect(again.find({ query: 'q', candidate: 'c' })).toBeUndefined();
  await again.add([{ query: 'q', candidate: 'c' }], [1]);
  expect(readFileSync(path, 'utf8').trimEnd().split('\n')).toHaveLength(2);
});

test('refuses a damaged line, and scores that are no numbers or too few', async () => {
  const path = join(temporaryFolder(), 'scores.jsonl');
  const store = await openScoreStore(path);
  await expect(store.add(pairs, [1])).rejects.toThrow('1 scores for 2 pairs');
  await expect(store.add(pairs, [1, NaN])).rejects.toThrow('one of them NaN');
  writeFileSync(path, 'damaged\n{"pairs":"q a","scores":[1]}\n');
  await expect(openScoreStore(path)).rejects.toThrow(`${path}:1`);
});

test('each fingerprint, view and data has a file of its own', () => {
  const others = [
    identity,
    { ...identity, fingerprint: 'g' },
    { ...identity, view: { ...identity.view, candidateTokens: 64 } },
    { ...identity, view: { ...identity.view, variant: 'no-titles' } as const },
    { ...identity, hashes: ['corpus', 'other'] },
  ];
  const paths = others.map((each) => storePath('state', 'A row (1)', each));
  expect(new Set(paths).size).toBe(others.length);
  expect(paths[0]).toMatch(/^state\/a-row-1-\.titles\.[0-9a-f]{16}\.jsonl$/);
  expect(slug('slmrank-55m int8')).toBe('slmrank-55m-int8');
});
