import { expect, test } from '@jest/globals';
import { rerankPairs } from '../../../src/eval/rank/rerank-pairs.ts';
import type { PairEngine } from '../../../src/eval/rank/score-pairs.ts';
import type { PackedBatch } from '../../../src/batch/packed-batch.ts';

/** A candidate's text is its logit, its only token; the second is cut. */
const engine: PairEngine = {
  ...{ order: 'query-first', tokenBudget: 100, attentionGroups: 4 },
  encoder: {
    encode: ({ candidates }) => ({
      ok: true,
      encoded: {
        prefix: Int32Array.of(1),
        candidates: candidates.map(({ text }) => ({
          ids: Int32Array.of(Number(text)),
          ...{ tokens: 1, truncated: text === '2' },
        })),
      },
    }),
  },
  runners: [
    ({ ids, groups, scored }: PackedBatch) => {
      const last = groups.flatMap(({ lastIndex }) => [...lastIndex]);
      const yes = [...scored].map((tile) => ids[last[tile] ?? 0] ?? 0);
      return Promise.resolve(Float32Array.from(yes.flatMap((logit) => [logit + 1, 1])));
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
      const id = 'abcd'[i] ?? '';
      return [id, { id, title: '', text: String(n) }];
    }),
  ),
};
const options = {
  ...{ depth: 3, titles: true, instruction: undefined, maxCandidateTokens: undefined },
  ...{ signal: new AbortController().signal, onProgress: () => undefined },
};

test('orders by logit, ties and what is beyond the depth in the order of the run', async () => {
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
    ...{ queries: 2, candidates: 5, truncated: 1, candidateTokens: 5, packedTokens: 7 },
  });
  expect(interrupted).toBe(false);
});

test('stopped early, gives the queries that are finished', async () => {
  const stop = new AbortController();
  const stopped = { ...options, signal: stop.signal, onProgress: () => stop.abort() };
  // One token a batch: q1 has three, of which one runs and one is prepared.
  const slow = { ...engine, tokenBudget: 1 };
  const found = await rerankPairs(slow, input, { ...stopped, depth: 1 });
  expect([[...found.run.keys()], found.interrupted]).toEqual([['q1', 'q2'], false]);
  const cut = await rerankPairs(slow, input, { ...stopped, depth: 4, signal: AbortSignal.abort() });
  expect([cut.run.size, cut.counts.queries, cut.interrupted]).toEqual([0, 0, true]);
});
