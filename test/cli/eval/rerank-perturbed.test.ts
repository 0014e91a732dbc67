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

/** Records the texts that it ranks, and is interrupted by those in lower case. */
function ranker() {
  const texts: unknown[] = [];
  const rerank = ({ corpus, queries, run }: RerankInput) => {
    texts.push([queries.get('q')?.text, corpus.get('a')?.title, corpus.get('a')?.text]);
    const interrupted = corpus.get('a')?.text === 'some text';
    return Promise.resolve({ run, counts, interrupted });
  };
  return { texts, rerank };
}

test('ranks the same candidates once in each form, with the query unchanged', async () => {
  const { texts, rerank } = ranker();
  const found = await rerankPerturbed(input, ['upper', 'nbsp'], rerank);
  expect(texts).toEqual([
    ['Query', 'TITLE', 'SOME TEXT'],
    ['Query', 'Title', 'Some\u00a0text'],
  ]);
  expect([...found.runs.keys(), found.interrupted]).toEqual(['upper', 'nbsp', false]);
  expect(output.stderr).toBe('Perturbation 1 of 2: upper\nPerturbation 2 of 2: nbsp\n');
});

test('keeps the forms that were finished before an interruption', async () => {
  const { texts, rerank } = ranker();
  const found = await rerankPerturbed(input, ['upper', 'lower', 'nbsp'], rerank);
  expect(texts).toHaveLength(2);
  expect([...found.runs.keys(), found.interrupted]).toEqual(['upper', true]);
});
