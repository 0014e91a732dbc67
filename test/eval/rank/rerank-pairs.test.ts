import { expect, test } from '@jest/globals';
import { rerankRun } from '../../../src/eval/rank/rerank.ts';
import { rerankPairs } from '../../../src/eval/rank/rerank-pairs.ts';
import { createPipeline } from '../../../src/pipeline/create-pipeline.ts';
import { buildHfTiny } from '../../support/checkpoints/hf-tiny.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { parseConfig } from '../../../src/config/config.ts';
import { openPairEngine, type PairEngine } from '../../../src/eval/rank/open-pair-engine.ts';
import { lastTokens } from '../../support/models/read-masked.ts';

/** A candidate's text is its logit, its only token; the second is cut. */
const engine: PairEngine = {
  order: 'query-first',
  tokenBudget: 100,
  plan: { layout: 'masked', attentionGroups: 4 },
  encoder: {
    encode: ({ candidates }) => ({
      ok: true,
      encoded: {
        prefix: Int32Array.of(1),
        candidates: candidates.map(({ text }) => ({
          ids: Int32Array.of(Number(text)),
          tokens: 1,
          truncated: text === '2',
        })),
      },
    }),
  },
  runners: [
    {
      name: 'cpu#0',
      run: (batch) => {
        const logits = Float32Array.from(lastTokens(batch).flatMap((token) => [token + 1, 1]));
        return Promise.resolve({ ok: true, logits, runMs: 0 });
      },
    },
  ],
};
const entries = ['a', 'b', 'c', 'd'].map((id, i) => ({ id, score: 9 - i }));
const input = {
  run: new Map([
    ['q1', entries],
    ['q2', entries.slice(2)],
  ]),
  queries: new Map(['q1', 'q2'].map((id) => [id, { id, text: id, kind: undefined }])),
  corpus: new Map(
    [5, 2, 5, 7].map((n, i) => {
      const id = 'abcd'.charAt(i);
      return [id, { id, title: '', text: String(n) }];
    }),
  ),
};
const options = {
  depth: 3,
  titles: true,
  instruction: undefined,
  maxCandidateTokens: undefined,
  signal: new AbortController().signal,
  onProgress: () => undefined,
};

test('orders by logit; ties and entries beyond the depth keep the order of the run', async () => {
  const { run, counts, interrupted } = await rerankPairs(engine, input, options);
  expect([...run]).toEqual([
    [
      'q1',
      [
        { id: 'a', score: 5 },
        { id: 'c', score: 5 },
        { id: 'b', score: 2 },
        { id: 'd', score: -1 },
      ],
    ],
    [
      'q2',
      [
        { id: 'd', score: 7 },
        { id: 'c', score: 5 },
      ],
    ],
  ]);
  expect(counts).toEqual({
    queries: 2,
    candidates: 5,
    truncated: 1,
    candidateTokens: 5,
    packedTokens: 7,
  });
  expect(interrupted).toBe(false);
});

test('returns the finished queries when stopped early', async () => {
  const stop = new AbortController();
  const stopped = { ...options, signal: stop.signal, onProgress: () => stop.abort() };
  // One token a batch: q1 has three, of which one runs and one is prepared.
  const slow = { ...engine, tokenBudget: 1 };
  const found = await rerankPairs(slow, input, { ...stopped, depth: 1 });
  expect([[...found.run.keys()], found.interrupted]).toEqual([['q1', 'q2'], false]);
  const cut = await rerankPairs(slow, input, { ...stopped, depth: 4, signal: AbortSignal.abort() });
  expect([cut.run.size, cut.counts.queries, cut.interrupted]).toEqual([0, 0, true]);
});

test('gives the scores of the pipeline, bit for bit', async () => {
  const model = temporaryFolder();
  const manifest = await buildHfTiny('llama', model);
  const config = { ...parseConfig({ SLMRANK_MODEL: model, SLMRANK_DEVICES: 'cpu:1' }, []), model };
  const words = 'the nurse on ward nine reads charts and orders at night'.split(' ');
  const corpus = Array.from({ length: 12 }, (_, i) => {
    const text = words.slice(i % 7).join(' ');
    return { id: `c${i}`, title: i % 3 === 0 ? '' : words.slice(0, i).join(' '), text };
  });
  const real = {
    run: new Map([['q1', corpus.map(({ id }, i) => ({ id, score: -i }))]]),
    queries: new Map([['q1', { id: 'q1', text: 'night nurse', kind: undefined }]]),
    corpus: new Map(corpus.map((each) => [each.id, each])),
  };
  const direct = await openPairEngine(config, manifest);
  const paired = await rerankPairs(direct, real, { ...options, depth: 10 });
  await direct.close();
  const pipeline = createPipeline({ config, manifest });
  await pipeline.warm();
  const served = await rerankRun(pipeline, real, {
    ...options,
    depth: 10,
    candidatesPerRequest: 100,
    requestsInFlight: 1,
  });
  await pipeline.drain();
  expect(paired).toEqual(served);
  expect(new Set(paired.run.get('q1')?.map(({ score }) => score)).size).toBe(12);
});
