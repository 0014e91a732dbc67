import { expect, test } from '@jest/globals';
import { compareModels } from '../../../src/cli/eval/compare-models.ts';
import { parseEvalOptions } from '../../../src/cli/eval/eval-options.ts';
import type { ModelRun, RerankWith } from '../../../src/cli/eval/rerank-with-model.ts';
import type { RerankInput } from '../../../src/eval/rank/rerank.ts';
import { captureOutput } from '../../support/captured-output.ts';

const output = captureOutput();

const judgements = new Map([['q', new Map([['b', 1]])]]);
const inputWith = (title: string): RerankInput => ({
  run: new Map([['q', ['a', 'b'].map((id) => ({ id, score: 0 }))]]),
  queries: new Map([['q', { id: 'q', text: 'q', kind: 'need' }]]),
  corpus: new Map(['a', 'b'].map((id, i) => [id, { id, title: i === 0 ? '' : title, text: id }])),
});

function runOf(name: string, order: string, interrupted: boolean): ModelRun {
  const counts = { queries: 1, candidates: 2, truncated: 0, candidateTokens: 2, packedTokens: 4 };
  const run = new Map([['q', Array.from(order, (id, i) => ({ id, score: 1 - i }))]]);
  const timed = { seconds: 1, candidatesPerSecond: 2, plannedQueries: 1 };
  return {
    reranked: { run, counts, interrupted },
    report: { ...counts, ...timed, name, fingerprint: '', devices: '', way: 'served', interrupted },
  };
}

/** Compares `small`, which puts b first, with `dense`, which does so only with titles. */
async function compare(title: string, more: readonly string[], stopAt = '') {
  const ranked: string[] = [];
  const rerankWith: RerankWith = (_input, { model, titles }) => {
    const name = `${model ?? ''}${titles ? '' : ' bare'}`;
    ranked.push(name);
    return Promise.resolve(runOf(name, name === 'dense bare' ? 'ab' : 'ba', name === stopAt));
  };
  const given = ['--beir', 'd', '--split', 's', '--run', 'r', '--model', 'small', ...more];
  const options = { ...parseEvalOptions([...given, '--against', 'dense']), against: 'dense' };
  const input = inputWith(title);
  const measured = await rerankWith(input, options);
  const gate = await compareModels(input, measured, { options, rerankWith, judgements });
  return { ranked, gate };
}

test('ranks with both models, with titles and without, and shows its progress', async () => {
  const { ranked, gate } = await compare('T', []);
  expect(ranked).toEqual(['small', 'dense', 'small bare', 'dense bare']);
  expect(output.stderr).toBe(
    'Ranking for the gate: the reference with titles\n' +
      'Ranking for the gate: the model without titles\n' +
      'Ranking for the gate: the reference without titles\n',
  );
  expect(
    gate?.runs.map(({ titles, model, reference }) => [titles, model.name, reference.name]),
  ).toEqual([
    [true, 'small', 'dense'],
    [false, 'small bare', 'dense bare'],
  ]);
  expect(gate?.firstPlaces.map(({ titles, changed }) => [titles, changed])).toEqual([
    [true, 0],
    [false, 1],
  ]);
  expect(gate?.conditions.map(({ name }) => name)).toContain('NDCG@10 of need, without titles');
  expect(gate).not.toHaveProperty('skipped');
});

test.each([
  ['as asked', 'T', ['--no-titles'], 'Judged without titles only, because of --no-titles.'],
  ['when there are none', '', [], 'Judged without titles only: the candidates have none.'],
])('judges without titles only %s', async (_, title, more, skipped) => {
  const { ranked, gate } = await compare(title, more);
  expect([ranked.length, ranked[1]]).toEqual([2, 'dense bare']);
  expect(gate?.skipped).toBe(skipped);
  expect(gate?.conditions.map(({ name }) => name)).toEqual([
    'NDCG@10, without titles',
    'NDCG@1, without titles',
    'NDCG@10 of need, without titles',
  ]);
});

test.each([
  ['dense', 2],
  ['small bare', 3],
  ['dense bare', 4],
])('judges nothing when %s was interrupted', async (stopAt, runs) => {
  const { ranked, gate } = await compare('T', [], stopAt);
  expect([ranked.length, gate]).toEqual([runs, undefined]);
  expect(output.stderr).toMatch(
    /\nInterrupted before all queries were ranked: the gate is not judged\n$/,
  );
});
