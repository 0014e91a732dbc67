import { expect, test } from '@jest/globals';
import { at } from '../../../../src/base/at.ts';
import { openScorer } from '../../../../src/eval/report/scores/scorers.ts';
import { readManifest } from '../../../../src/model/manifest.ts';
import { buildHfTiny } from '../../../support/checkpoints/hf-tiny.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

test('a scorer gives the same scores in batches of any size, in the order of the pairs', async () => {
  const dir = temporaryFolder();
  await buildHfTiny('llama', dir);
  const model = { dir, manifest: await readManifest(dir) };
  const texts = ['one', 'two words', 'three words here'];
  const data = {
    queries: new Map([['q', { text: 'query' }]]),
    corpus: new Map(texts.map((text) => [text, { title: 'title', text }])),
  };
  const pairs = texts.map((text) => ({ query: 'q', candidate: text }));
  const scoreWith = async (tokenBudget: number) => {
    const options = { candidateTokens: 64, devices: 'cpu:1', tokenBudget };
    const scorer = await openScorer(model, options);
    const [long, short] = [
      await scorer.score(pairs, data, { candidateTokens: 64, variant: 'titles' }),
      // As much as all titles have in common.
      await scorer.score(pairs, data, { candidateTokens: 1, variant: 'titles' }),
    ];
    await scorer.close();
    return { long, short };
  };
  const [together, apart] = [await scoreWith(1024), await scoreWith(64)];
  expect(new Set(together.long).size).toBe(3);
  expect(new Set(together.short).size).toBe(1);
  together.long.forEach((score, i) => expect(score).toBeCloseTo(at(apart.long, i), 4));
});
