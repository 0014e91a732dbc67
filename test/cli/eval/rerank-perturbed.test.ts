import { expect, test } from '@jest/globals';
import { rerankPerturbed } from '../../../src/cli/eval/rerank-perturbed.ts';
import type { RerankInput } from '../../../src/eval/rank/rerank.ts';
import { captureOutput } from '../../support/captured-output.ts';

const output = captureOutput();

const input: RerankInput = {
  run: new Map([['q', [{ id: 'a', score: 1 }]]]),
  queries: new Map([['q', { id: 'q', text: 'Query', kind: undefined }]]),
  corpus: new Map([['a', { id: 'a', title: 'Title', text: 'Some text' }]]),
};
const counts = { queries: 1, candidates: 1, truncated: 0, candidateTokens: 1, packedTokens: 1 };

/** Remembers the texts it was given, and is stopped while it ranks those in lower case. */
function ranker() {
  const texts: unknown[] = [];
  const rerank = ({ corpus, queries, run }: RerankInput) => {
    texts.push([queries.get('q')?.text, corpus.get('a')?.title, corpus.get('a')?.text]);
    const interrupted = corpus.get('a')?.text === 'some text';
    return Promise.resolve({ run, counts, interrupted });
  };
  return { texts, rerank };
}

test('the same candidates are ranked once in each form, and the query stays', async () => {
  const { texts, rerank } = ranker();
  const found = await rerankPerturbed(input, ['upper', 'nbsp'], rerank);
  expect(texts).toEqual([
    ['Query', 'TITLE', 'SOME TEXT'],
    ['Query', 'Title', 'Some\u00a0text'],
  ]);
  expect([...found.runs.keys(), found.interrupted]).toEqual(['upper', 'nbsp', false]);
  expect(output.stderr).toBe('Perturbation 1 of 2: upper\nPerturbation 2 of 2: nbsp\n');
});

test('what was finished before it was stopped is kept', async () => {
  const { texts, rerank } = ranker();
  const found = await rerankPerturbed(input, ['upper', 'lower', 'nbsp'], rerank);
  expect(texts).toHaveLength(2);
  expect([...found.runs.keys(), found.interrupted]).toEqual(['upper', true]);
});
