import { describe, expect, test } from '@jest/globals';
import { RankError } from '../../../src/base/errors.ts';
import { rerankRun, type RerankOptions } from '../../../src/eval/rank/rerank.ts';
import type {
  CallContext,
  RankingPipeline,
  RankReply,
  RankRequest,
} from '../../../src/domain/rank.ts';

/** Scores a candidate by the number its text starts with. */
function replyTo({ candidates }: RankRequest): RankReply {
  const results = candidates
    .map(({ text }, index) => ({
      index,
      score: 0,
      logit: Number.parseFloat(text),
      tokens: 3,
      truncated: text.includes('long'),
      scored: true,
      cached: false,
    }))
    .sort((a, b) => b.logit - a.logit);
  const n = candidates.length;
  const truncated = results.filter((result) => result.truncated).length;
  return {
    results,
    usage: {
      candidates: n,
      scored: n,
      truncated,
      prefixTokens: 5,
      candidateTokens: 3 * n,
      packedTokens: 5 + 4 * n,
      batches: 1,
      cached: 0,
      depth: n,
    },
    times: { encodeMs: 0, queueMs: 0, runMs: 0, totalMs: 0 },
    complete: true,
  };
}

type Rank = (request: RankRequest, call: CallContext) => Promise<RankReply>;

function fakePipeline(rank: Rank = (request) => Promise.resolve(replyTo(request))) {
  const seen: RankRequest[] = [];
  const pipeline: RankingPipeline = {
    rank: (request, call) => {
      seen.push(request);
      return rank(request, call);
    },
    estimate: () => Promise.reject(new Error('nobody asks')),
    tokenize: () => Promise.resolve([]),
    replicas: () => [],
    buckets: () => [],
    warm: () => Promise.resolve(),
    drain: () => Promise.resolve(),
  };
  return { pipeline, seen };
}

const texts = ['1', '3 long', '2', '3'];
const input = {
  run: new Map(
    ['q1', 'q2', 'q3'].map((query) => [
      query,
      texts.map((_, i) => ({ id: `d${i}`, score: 10 - i })),
    ]),
  ),
  queries: new Map(
    ['q1', 'q2', 'q3'].map((id) => [id, { id, text: `ask ${id}`, kind: undefined }]),
  ),
  corpus: new Map(
    texts.map((text, i) => [`d${i}`, { id: `d${i}`, title: i === 0 ? '' : `T${i}`, text }]),
  ),
};

function options(overrides: Partial<RerankOptions> = {}): RerankOptions {
  return {
    depth: 100,
    candidatesPerRequest: 100,
    requestsInFlight: 2,
    titles: true,
    instruction: undefined,
    maxCandidateTokens: undefined,
    signal: new AbortController().signal,
    onProgress: () => undefined,
    ...overrides,
  };
}

describe('rerankRun', () => {
  test('orders by logit, keeps ties in the order of the run, and adds up the counts', async () => {
    const { pipeline, seen } = fakePipeline();
    const { run, counts, interrupted } = await rerankRun(pipeline, input, options());
    expect([...run.keys()]).toEqual(['q1', 'q2', 'q3']);
    expect(run.get('q2')?.map(({ id }) => id)).toEqual(['d1', 'd3', 'd2', 'd0']);
    expect(counts).toEqual({
      queries: 3,
      candidates: 12,
      truncated: 3,
      candidateTokens: 36,
      packedTokens: 63,
    });
    expect(interrupted).toBe(false);
    expect(seen[0]).toMatchObject({ query: 'ask q1', partialOk: false, truncation: 'end' });
    expect(seen[0]?.candidates.map(({ title }) => title)).toEqual([undefined, 'T1', 'T2', 'T3']);
  });

  test('splits a long list into several requests and orders all results together', async () => {
    const { pipeline, seen } = fakePipeline();
    const { run } = await rerankRun(pipeline, input, options({ candidatesPerRequest: 3 }));
    expect(run.get('q1')?.map(({ id }) => id)).toEqual(['d1', 'd3', 'd2', 'd0']);
    expect(seen.map(({ candidates }) => candidates.length).sort()).toEqual([1, 1, 1, 3, 3, 3]);
  });

  test('puts entries beyond the depth last, in the order of the run', async () => {
    const { pipeline } = fakePipeline();
    const { run, counts } = await rerankRun(pipeline, input, options({ depth: 2 }));
    expect(run.get('q1')).toEqual([
      { id: 'd1', score: 3 },
      { id: 'd0', score: 1 },
      { id: 'd2', score: -1 },
      { id: 'd3', score: -2 },
    ]);
    expect(counts.candidates).toBe(6);
  });

  test('leaves out titles and sends the instruction when the options say so', async () => {
    const { pipeline, seen } = fakePipeline();
    await rerankRun(pipeline, input, options({ titles: false, instruction: 'be kind' }));
    expect(seen[0]?.candidates.map(({ title }) => title)).toEqual(texts.map(() => undefined));
    expect(seen[0]?.instruction).toBe('be kind');
  });

  test('keeps at most requestsInFlight requests in flight', async () => {
    let running = 0;
    let most = 0;
    const { pipeline } = fakePipeline(async (request) => {
      running += 1;
      most = Math.max(most, running);
      await Promise.resolve();
      running -= 1;
      return replyTo(request);
    });
    await rerankRun(pipeline, input, options({ requestsInFlight: 2 }));
    expect(most).toBe(2);
  });

  test('returns the finished queries when stopped early', async () => {
    const stop = new AbortController();
    const { pipeline } = fakePipeline((request, { signal }) =>
      signal.aborted
        ? Promise.reject(new RankError('cancelled', 'the caller has gone'))
        : Promise.resolve(replyTo(request)),
    );
    const result = await rerankRun(
      pipeline,
      input,
      options({ requestsInFlight: 1, signal: stop.signal, onProgress: () => stop.abort() }),
    );
    expect([...result.run.keys()]).toEqual(['q1']);
    expect(result.interrupted).toBe(true);
  });

  test('fails and aborts the other requests when one fails', async () => {
    const signals: AbortSignal[] = [];
    const { pipeline } = fakePipeline((_, { signal }) => {
      signals.push(signal);
      return Promise.reject(new RankError('replica-failed', 'cpu#0 died twice'));
    });
    await expect(rerankRun(pipeline, input, options())).rejects.toThrow('cpu#0 died twice');
    expect(signals.every(({ aborted }) => aborted)).toBe(true);
  });

  test('reports a reply that lacks a candidate as a bug', async () => {
    const { pipeline } = fakePipeline((request) => {
      const reply = replyTo(request);
      return Promise.resolve({ ...reply, results: reply.results.slice(1) });
    });
    await expect(rerankRun(pipeline, input, options())).rejects.toThrow(/this is a bug/);
  });
});
