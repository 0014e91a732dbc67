import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { join } from 'node:path';
import fc from 'fast-check';
import { RankError } from '../../../src/base/errors.ts';
import {
  batchPairs,
  type Pair,
  type PairData,
  type PairEncoding,
} from '../../../src/eval/rank/pair-batches.ts';
import {
  type PairEngine,
  type PairOptions,
  scorePairs,
} from '../../../src/eval/rank/score-pairs.ts';
import type { PackedBatch } from '../../../src/batch/packed-batch.ts';
import { packBatch } from '../../../src/batch/pack-batch.ts';
import type { EncodeOutcome, EncodeTask } from '../../../src/encode/encode.ts';
import { createRequestEncoder } from '../../../src/encode/request-encoder.ts';
import type { TemplateOrder } from '../../../src/text/template.ts';
import { openSession, type RankSession } from '../../../src/engine/session.ts';
import { buildHfTiny } from '../../support/checkpoints/hf-tiny.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

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
    ...{ titles: true, instruction: undefined, maxCandidateTokens: undefined, signal },
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
      ...{ modelDir, manifest, provider: 'cpu', deviceId: 0, threads: 1 },
    });
    const limits = { prefixTokens: 300, candidateTokens: 200, rowTokens: 500 };
    const tokenizerPath = join(modelDir, manifest.tokenizer.file);
    const run = (batch: PackedBatch) => session.run(batch);
    engine = {
      encoder: createRequestEncoder({
        tokenizerPath,
        template: manifest.template,
        normalize: [],
        limits,
      }),
      ...{ order, tokenBudget: 400, attentionGroups: manifest.attentionGroups, runners: [run] },
    };
  });
  afterAll(() => session.close());

  /** As a request of this query and its candidates is served: one batch. */
  const serve = async (query: string, candidates: readonly string[]) => {
    const outcome = engine.encoder.encode({
      query: data.queries.get(query)?.text ?? '',
      candidates: candidates.flatMap((id) => data.corpus.get(id) ?? []),
      ...{ instruction: undefined, context: undefined, truncation: 'end' },
      maxCandidateTokens: undefined,
    });
    if (!outcome.ok) {
      throw new Error(outcome.message);
    }
    const { prefix, candidates: encoded } = outcome.encoded;
    const part = { prefix, suffixes: encoded.map(({ ids }) => ids) };
    return [...(await session.run(packBatch([part], engine)))];
  };

  test('have the logits of the served request, whatever is packed together', async () => {
    const wide = await scorePairs(engine, pairs, data, options());
    const narrow = await scorePairs({ ...engine, tokenBudget: 1 }, pairs, data, options());
    expect([wide.done, narrow.done]).toEqual([pairs.length, pairs.length]);
    for (const query of data.queries.keys()) {
      const own = pairs.flatMap((pair, at) => (pair.query === query ? [{ ...pair, at }] : []));
      const served = await serve(
        query,
        own.map(({ candidate }) => candidate),
      );
      const of = (logits: Float32Array) =>
        own.flatMap(({ at }) => [...logits.subarray(2 * at, 2 * at + 2)]);
      // Query-first, a query's candidates are packed as its request is: same shapes, same bits.
      expect(largestDifference(of(wide.logits), served)).toBeLessThanOrEqual(
        order === 'query-first' ? 0 : 1e-5,
      );
      expect(largestDifference(of(narrow.logits), served)).toBeLessThanOrEqual(1e-5);
    }
  });

  test('say what was kept of each candidate, with and without title, up to a limit', async () => {
    const kept = async (changed: Partial<PairOptions>) => {
      const only = [{ query: 'q1', candidate: 'c3' }];
      const { tokens, truncated } = await scorePairs(engine, only, data, options(changed));
      return { tokens: tokens[0] ?? 0, truncated: truncated[0] === 1 };
    };
    const [whole, bare] = [await kept({}), await kept({ titles: false })];
    expect(whole.truncated).toBe(false);
    expect(bare.tokens).toBeLessThan(whole.tokens);
    expect(await kept({ maxCandidateTokens: 7 })).toEqual({ tokens: 7, truncated: true });
  });

  test('are not taken for scored when there is no replica', async () => {
    await expect(
      scorePairs({ ...engine, runners: [] }, pairs, data, options()),
    ).rejects.toMatchObject({ kind: 'unavailable', message: expect.stringMatching('at least 1') });
  });

  test('a query that is too long fails the whole, by name', async () => {
    const long = new Map([['q9', { text: text(400, 0) }]]);
    await expect(
      scorePairs(engine, [{ query: 'q9', candidate: 'c0' }], { ...data, queries: long }, options()),
    ).rejects.toThrow(
      /^query 'q9': query: instruction, query, context and template have \d+ tokens/,
    );
  });
});

function largestDifference(a: readonly number[], b: readonly number[]): number {
  expect(a).toHaveLength(b.length);
  return Math.max(...a.map((value, i) => Math.abs(value - (b[i] ?? NaN))));
}

/** Tokens by hand: a query's are its number 100 + q, a candidate's are 0 to its text's length. */
function fakeEncoding(order: TemplateOrder, tokenBudget: number): PairEncoding {
  const encode = ({ query, candidates }: EncodeTask): EncodeOutcome => {
    const asked = Int32Array.of(100 + Number(query), 100 + Number(query));
    const suffix = order === 'query-first' ? Int32Array.of(99) : asked;
    return {
      ok: true,
      encoded: {
        prefix: order === 'query-first' ? asked : Int32Array.of(98),
        candidates: candidates.map(({ text: { length } }) => ({
          ids: Int32Array.of(...Array(length).keys(), ...suffix),
          ...{ tokens: length, truncated: false },
        })),
      },
    };
  };
  return {
    ...{ order, tokenBudget, encoder: { encode }, titles: true },
    ...{ instruction: undefined, maxCandidateTokens: undefined },
  };
}

/** Queries 0 to 3, candidates 0 to 5, whose texts are as long as 7 times their number. */
const made: PairData = {
  queries: new Map([0, 1, 2, 3].map((i) => [`q${i}`, { text: String(i) }])),
  corpus: new Map([0, 1, 2, 3, 4, 5].map((i) => [`c${i}`, { title: '', text: 'x'.repeat(7 * i) }])),
};
const anyPairs = fc.uniqueArray(
  fc.record({ query: fc.integer({ max: 3, min: 0 }), candidate: fc.integer({ max: 5, min: 0 }) }),
  { maxLength: 24, selector: ({ query, candidate }) => `${query} ${candidate}` },
);

describe.each(['query-first', 'candidate-first'] as const)('batches of %s pairs', (order) => {
  test('have every pair once, whole, within the budget, and pay for what is shared once', () => {
    fc.assert(
      fc.property(anyPairs, fc.integer({ min: 1, max: 120 }), (found, budget) => {
        const asked = found.map(({ query, candidate }) => ({
          query: `q${query}`,
          candidate: `c${candidate}`,
        }));
        const dealt = [...batchPairs(asked, made, fakeEncoding(order, budget))];
        const rows = dealt.flatMap((batch) => batch.rows);
        expect(rows.map(({ pair }) => pair).toSorted((a, b) => a - b)).toEqual([...asked.keys()]);
        for (const { prefix, ids, pair } of rows) {
          const { query, candidate } = found[pair] ?? { query: 0, candidate: 0 };
          const text = [...Array(7 * candidate).keys()];
          expect([...prefix, ...ids]).toEqual(
            order === 'query-first'
              ? [100 + query, 100 + query, ...text, 99]
              : [98, ...text, 100 + query, 100 + query],
          );
        }
        for (const batch of dealt) {
          const shared = new Set(batch.rows.map(({ prefix }) => prefix));
          const tokens = [...shared, ...batch.rows.map(({ ids }) => ids)];
          const sum = tokens.reduce((total, { length }) => total + length, 0);
          expect(batch.packedTokens).toBe(sum);
          expect(batch.rows.length === 1 || sum <= budget).toBe(true);
        }
      }),
    );
  });

  test('hold each text that comes first once when they are large enough', () => {
    const all = [...made.queries.keys()].flatMap((query) =>
      [...made.corpus.keys()].map((candidate) => ({ query, candidate })),
    );
    const [batch, ...more] = batchPairs(all, made, fakeEncoding(order, 1000));
    expect(more).toEqual([]);
    // 4 queries of 2 tokens, 6 candidates of 105 together; a token of the template for each prefix or suffix.
    expect(batch?.packedTokens).toBe(
      order === 'query-first' ? 4 * 2 + 4 * (105 + 6) : 105 + 6 + 24 * 2,
    );
  });
});

describe('scoring', () => {
  const all = ['q0', 'q1', 'q2'].map((query) => ({ query, candidate: 'c1' }));
  const engineOf = (...runners: PairEngine['runners']) => ({
    ...fakeEncoding('query-first', 1),
    ...{ attentionGroups: 4, runners },
  });
  const run = ({ scored }: PackedBatch) => Promise.resolve(new Float32Array(2 * scored.length));

  test('stopped early, gives what is scored and NaN for the rest', async () => {
    const stop = new AbortController();
    const told: number[] = [];
    const onProgress = (done: number) => {
      told.push(done);
      stop.abort();
    };
    const { logits, done } = await scorePairs(engineOf(run), all, made, {
      ...options({ onProgress, signal: stop.signal }),
    });
    // One ran and one was prepared.
    expect([done, told]).toEqual([2, [1, 2]]);
    expect([...logits]).toEqual([0, 0, 0, 0, NaN, NaN]);
  });

  test('ends with the error of the batch that failed', async () => {
    const fail = () => Promise.reject(new RankError('replica-failed', 'cpu#1: gone'));
    await expect(scorePairs(engineOf(run, fail), all, made, options())).rejects.toThrow('cpu#1');
  });

  test('refuses logits that are no numbers, naming query and text', async () => {
    const broken = () => Promise.resolve(Float32Array.of(NaN, 1));
    await expect(scorePairs(engineOf(broken), all, made, options())).rejects.toThrow(
      "the model gave NaN and 1 for query 'q0' and text 'c1'",
    );
  });

  test('refuses pairs whose texts are not in the data', async () => {
    const unknown = [{ query: 'q0', candidate: 'c9' }];
    await expect(scorePairs(engineOf(run), unknown, made, options())).rejects.toThrow(
      "'c9' is not in the data",
    );
  });
});
