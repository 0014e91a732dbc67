import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { join } from 'node:path';
import { at } from '../../../src/base/at.ts';
import { packBatch } from '../../../src/batch/pack/pack-batch.ts';
import type { BatchOutcome } from '../../../src/batch/packed-batch.ts';
import { type PackedBatch, tokenPart } from '../../../src/batch/packed-batch.ts';
import { createRequestEncoder } from '../../../src/encode/request-encoder.ts';
import { openSession, type RankSession } from '../../../src/engine/session.ts';
import type { PairEngine } from '../../../src/eval/rank/open-pair-engine.ts';
import type { Pair, PairData } from '../../../src/eval/rank/pair-batches.ts';
import {
  type PairOptions,
  type PairScore,
  scorePairs,
} from '../../../src/eval/rank/score-pairs.ts';
import { buildHfTiny } from '../../support/checkpoints/hf-tiny.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { fakeData, fakeEncoding } from './fake-pairs.ts';

const words = 'the nurse on ward nine reads charts and orders at night'.split(' ');
const text = (count: number, from: number) =>
  Array.from({ length: count }, (_, i) => words[(from + i * 3) % words.length]).join(' ');

const data: PairData = {
  queries: new Map([1, 3, 8].map((count, i) => [`q${i}`, { text: text(count, i) }])),
  corpus: new Map(
    [5, 0, 30, 12, 5].map((count, i) => [
      `c${i}`,
      { title: i % 2 === 0 ? '' : text(2, i), text: text(count, i) },
    ]),
  ),
};
/** Every query with every candidate but one. */
const pairs: readonly Pair[] = [...data.queries.keys()]
  .flatMap((query) => [...data.corpus.keys()].map((candidate) => ({ query, candidate })))
  .slice(1);

function options(changed: Partial<PairOptions> = {}): PairOptions {
  const { signal } = new AbortController();
  return {
    titles: true,
    instruction: undefined,
    maxCandidateTokens: undefined,
    signal,
    onProgress: () => undefined,
    ...changed,
  };
}

describe.each(['query-first', 'candidate-first'] as const)('pairs of a %s model', (order) => {
  let session: RankSession;
  let engine: PairEngine;

  beforeAll(async () => {
    const modelDir = join(temporaryFolder(), order);
    const manifest = await buildHfTiny('llama', modelDir, order);
    session = await openSession({
      modelDir,
      manifest,
      provider: 'cpu',
      deviceId: 0,
      threads: 1,
    });
    const limits = { prefixTokens: 300, candidateTokens: 200, rowTokens: 500 };
    const tokenizerPath = join(modelDir, manifest.tokenizer.file);
    const run = async (batch: PackedBatch): Promise<BatchOutcome> => {
      return { ok: true, logits: await session.run(batch), runMs: 0 };
    };
    engine = {
      encoder: createRequestEncoder({
        tokenizerPath,
        template: manifest.template,
        normalize: [],
        limits,
      }),
      order,
      tokenBudget: 400,
      plan: manifest.graphs.cpu.score,
      runners: [{ name: 'cpu#0', run }],
    };
  });
  afterAll(() => session.close());

  /** As a request of this query and its candidates is served: one batch. */
  const serve = async (query: string, candidates: readonly string[]) => {
    const outcome = engine.encoder.encode({
      query: data.queries.get(query)?.text ?? '',
      candidates: candidates.flatMap((id) => data.corpus.get(id) ?? []),
      instruction: undefined,
      context: undefined,
      truncation: 'end',
      maxCandidateTokens: undefined,
    });
    if (!outcome.ok) {
      throw new Error(outcome.message);
    }
    const { prefix, candidates: encoded } = outcome.encoded;
    const part = tokenPart({ prefix, suffixes: encoded.map(({ ids }) => ids) });
    return [...(await session.run(packBatch([part], engine.plan)))];
  };

  test('have the logits of the served request in batches of any size', async () => {
    const wide = await scorePairs(engine, pairs, data, options());
    const narrow = await scorePairs({ ...engine, tokenBudget: 1 }, pairs, data, options());
    expect([wide.done, narrow.done]).toEqual([pairs.length, pairs.length]);
    for (const query of data.queries.keys()) {
      const own = pairs.flatMap((pair, i) => (pair.query === query ? [{ ...pair, i }] : []));
      const served = await serve(
        query,
        own.map(({ candidate }) => candidate),
      );
      const of = (scores: readonly (PairScore | undefined)[]) =>
        own.flatMap(({ i }) => logitsOf(at(scores, i)));
      // Query-first, a query's candidates are packed as its request is: same shapes, same bits.
      expect(largestDifference(of(wide.scores), served)).toBeLessThanOrEqual(
        order === 'query-first' ? 0 : 1e-5,
      );
      expect(largestDifference(of(narrow.scores), served)).toBeLessThanOrEqual(1e-5);
    }
  });

  test('have the tokens kept of each candidate, with and without title, up to a limit', async () => {
    const kept = async (changed: Partial<PairOptions>) => {
      const only = [{ query: 'q1', candidate: 'c3' }];
      const { scores } = await scorePairs(engine, only, data, options(changed));
      return scores[0];
    };
    const [whole, bare] = [await kept({}), await kept({ titles: false })];
    expect(whole?.truncated).toBe(false);
    expect(bare?.tokens).toBeLessThan(whole?.tokens ?? NaN);
    expect(await kept({ maxCandidateTokens: 7 })).toMatchObject({ tokens: 7, truncated: true });
  });

  test('fail when there is no replica', async () => {
    await expect(
      scorePairs({ ...engine, runners: [] }, pairs, data, options()),
    ).rejects.toMatchObject({ kind: 'unavailable', message: expect.stringMatching('at least 1') });
  });

  test('fail with the name of a query that is too long', async () => {
    const long = new Map([['q9', { text: text(400, 0) }]]);
    await expect(
      scorePairs(engine, [{ query: 'q9', candidate: 'c0' }], { ...data, queries: long }, options()),
    ).rejects.toThrow(
      /^query 'q9': query: instruction, query, context and template have \d+ tokens/,
    );
  });
});

function logitsOf(score: PairScore | undefined): readonly number[] {
  return score === undefined ? [] : [score.yes, score.no];
}

function largestDifference(a: readonly number[], b: readonly number[]): number {
  expect(a).toHaveLength(b.length);
  return Math.max(...a.map((value, i) => Math.abs(value - at(b, i))));
}

describe('scoring', () => {
  const all = ['q0', 'q1', 'q2'].map((query) => ({ query, candidate: 'c1' }));
  type Run = (batch: PackedBatch) => BatchOutcome;
  const engineOf = (...runs: readonly Run[]): PairEngine => ({
    ...fakeEncoding('query-first', 1),
    plan: { layout: 'masked', attentionGroups: 4 },
    runners: runs.map((each, i) => ({
      name: `cpu#${i}`,
      run: (batch) => Promise.resolve(each(batch)),
    })),
  });
  const giving = (logits: Float32Array): BatchOutcome => ({ ok: true, logits, runMs: 0 });
  const run: Run = ({ candidates }) => giving(new Float32Array(2 * candidates));

  test('has no scores for the remaining pairs when stopped early', async () => {
    const stop = new AbortController();
    const told: number[] = [];
    const onProgress = (done: number) => {
      told.push(done);
      stop.abort();
    };
    const { scores, done } = await scorePairs(engineOf(run), all, fakeData, {
      ...options({ onProgress, signal: stop.signal }),
    });
    // One ran and one was prepared.
    expect([done, told]).toEqual([2, [1, 2]]);
    expect(scores.map(logitsOf)).toEqual([[0, 0], [0, 0], []]);
  });

  test('ends with the error of the batch that failed', async () => {
    const fail = (kind: 'replica-failed' | 'out-of-memory' | 'internal') =>
      scorePairs(
        engineOf(run, () => ({ ok: false, kind, message: 'gone' })),
        all,
        fakeData,
        options(),
      );
    await expect(fail('replica-failed')).rejects.toMatchObject({
      kind: 'replica-failed',
      message: 'cpu#1: gone',
    });
    await expect(fail('internal')).rejects.toMatchObject({ kind: 'internal' });
    await expect(fail('out-of-memory')).rejects.toThrow(
      'cpu#1: gone; a smaller SLMRANK_TOKEN_BUDGET may help',
    );
  });

  test('refuses logits that are not finite, naming query and text', async () => {
    const broken = () => giving(Float32Array.of(NaN, 1));
    await expect(scorePairs(engineOf(broken), all, fakeData, options())).rejects.toThrow(
      "the model gave NaN and 1 for query 'q0' and text 'c1'",
    );
  });

  test('refuses pairs whose texts are not in the data', async () => {
    const unknown = [{ query: 'q0', candidate: 'c9' }];
    await expect(scorePairs(engineOf(run), unknown, fakeData, options())).rejects.toThrow(
      "'c9' is not in the data",
    );
  });
});
