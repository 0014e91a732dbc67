import { Metadata } from '@grpc/grpc-js';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { methodOf, startTestServer, type TestServer } from '../../support/serving/test-server.ts';

let server: TestServer;
beforeEach(async () => {
  server = await startTestServer();
});
afterEach(() => server.close());

const candidates = [
  { id: 'a', text: 'short' },
  { id: 'b', text: 'much longer', title: 'Title' },
];

test('a request without optional fields reaches the pipeline with its defaults', async () => {
  await server.call('Rank', { query: 'q', candidates });
  expect(server.pipeline.ranked[0]?.request).toEqual({
    requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    query: 'q',
    instruction: undefined,
    context: undefined,
    candidates: [
      { id: 'a', text: 'short', title: undefined, version: undefined },
      { id: 'b', text: 'much longer', title: 'Title', version: undefined },
    ],
    topN: undefined,
    minScore: undefined,
    returnText: false,
    scoreKind: 'probability',
    truncation: 'end',
    maxCandidateTokens: undefined,
    model: undefined,
    partialOk: false,
    priority: 'interactive',
    adaptiveDepth: false,
    useCache: true,
    onBadCandidate: 'refuse',
  });
});

test('every field of a request reaches the pipeline', async () => {
  await server.call('Rank', {
    query: 'q',
    instruction: 'i',
    context: 'c',
    candidates,
    top_n: 3,
    min_score: -2.5,
    return_text: true,
    score_kind: 'SCORE_KIND_LOGIT',
    truncation: 'TRUNCATION_ERROR',
    max_candidate_tokens: 7,
    model: 'tiny',
    request_id: 'mine',
    partial_ok: true,
    priority: 'PRIORITY_DEFERRABLE',
    adaptive_depth: true,
    no_cache: true,
    on_bad_candidate: 'ON_BAD_CANDIDATE_SKIP',
  });
  expect(server.pipeline.ranked[0]?.request).toMatchObject({
    requestId: 'mine',
    query: 'q',
    instruction: 'i',
    context: 'c',
    topN: 3,
    minScore: -2.5,
    returnText: true,
    scoreKind: 'logit',
    truncation: 'error',
    maxCandidateTokens: 7,
    model: 'tiny',
    partialOk: true,
    priority: 'deferrable',
    adaptiveDepth: true,
    useCache: false,
    onBadCandidate: 'skip',
  });
});

test.each([
  ['empty', ''],
  ['blank', ' \u3000\u200b'],
])('optional texts that are %s count as absent', async (_, none) => {
  await server.call('Rank', {
    query: 'q',
    instruction: none,
    context: none,
    model: '',
    request_id: '',
    candidates: [{ text: 'x', title: none }],
  });
  const request = server.pipeline.ranked[0]?.request;
  expect(request).toMatchObject({ instruction: undefined, context: undefined, model: undefined });
  expect(request?.candidates[0]?.title).toBeUndefined();
});

test('a reply has results, usage, times and the served model', async () => {
  const reply = await server.call('Rank', { query: 'q', candidates, request_id: 'mine' });
  expect(reply).toMatchObject({
    results: [
      { index: 1, id: 'b', score: 11, logit: 11, tokens: 11, scored: true },
      { index: 0, id: 'a', score: 5, logit: 5, tokens: 5, scored: true },
    ],
    usage: { candidates: 2, scored: 2, prefix_tokens: 5, packed_tokens: 12, batches: 1 },
    times: { encode_ms: 1, queue_ms: 2, run_ms: 3, total_ms: 6 },
    score_fingerprint: 'ef'.repeat(32),
    model: 'tiny',
    request_id: 'mine',
    score_kind: 'SCORE_KIND_PROBABILITY',
    complete: true,
  });
  expect(reply).not.toHaveProperty('results.0.text');
});

test('texts are returned only when asked for, and a title only if there was one', async () => {
  const text = 'naïve 東京 👩‍🚀 \u0000 end';
  const reply = await server.call('Rank', {
    query: 'q',
    return_text: true,
    candidates: [{ text }, { text: 'y', title: 'ü' }],
  });
  expect(reply['results']).toEqual([
    expect.objectContaining({ text }),
    expect.objectContaining({ text: 'y', title: 'ü' }),
  ]);
  expect(reply).not.toHaveProperty('results.0.title');
});

test('a candidate that the deadline left out has no score and is marked as unscored', async () => {
  server.pipeline.holds = true;
  const call = server.call('Rank', { query: 'q', candidates, partial_ok: true });
  await server.pipeline.arrived(1);
  const unscored = {
    index: 0,
    score: NaN,
    logit: NaN,
    tokens: 0,
    truncated: false,
    scored: false,
    cached: false,
  };
  server.pipeline.ranked[0]?.reply({ results: [unscored], complete: false });
  const reply = await call;
  expect(reply).toMatchObject({
    results: [{ index: 0, id: 'a', score: 0, logit: 0, tokens: 0, scored: false }],
    complete: false,
  });
});

test.each([
  ['the field', { request_id: 'field' }, { 'x-request-id': 'header' }, 'field', 'field'],
  ['the metadata', {}, { 'x-request-id': 'header' }, 'header', 'header'],
  ['another alphabet', { request_id: '東 1' }, {}, '東 1', '%E6%9D%B1%201'],
])('the request id is taken from %s and comes back in reply and metadata', async (...row) => {
  const [, fields, headers, echoed, header] = row;
  const metadata = new Metadata();
  for (const [key, value] of Object.entries(headers)) {
    metadata.set(key, value);
  }
  const { path, requestSerialize, responseDeserialize } = methodOf(
    'slmrank.v1.RankingService',
    'Rank',
  );
  const [reply, initial] = await new Promise<[unknown, Metadata]>((resolve, reject) => {
    let initial = new Metadata();
    server.client
      .makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        { query: 'q', candidates, ...fields },
        metadata,
        (error, message) => (error === null ? resolve([message, initial]) : reject(error)),
      )
      .on('metadata', (received) => {
        initial = received;
      });
  });
  expect(reply).toMatchObject({ request_id: echoed });
  expect(initial.get('x-request-id')).toEqual([header]);
});

test('GetInfo publishes the limits of requests', async () => {
  expect(await server.call('GetInfo', {})).toMatchObject({
    model: 'tiny',
    family: 'llama',
    parameters: 12_345,
    precision: 'fp32',
    execution_provider: 'cpu',
    buckets: [16, 64],
    token_budget: server.config.tokenBudget,
    template_order: 'query-first',
    limits: {
      candidates: server.config.candidates,
      text_bytes: server.config.textBytes,
      request_bytes: server.config.requestBytes,
      prefix_tokens: server.config.prefixTokens,
      candidate_tokens: server.config.candidateTokens,
      row_tokens: 2048,
      queued_candidates: server.config.queuedCandidates,
      queued_tokens: server.config.queuedTokens,
      stream_unanswered: server.config.streamUnanswered,
    },
    replicas: [{ device_slot: 'cpu#0', phase: 'ready' }],
    yes_label: 'yes',
    no_label: 'no',
    instruction: 'Is it relevant?',
    version: expect.stringMatching(/^\d+\.\d+\.\d+/),
  });
});

test('GetInfo publishes what the server has chosen, and why', async () => {
  const choices = [{ setting: 'devices', value: 'cpu#0', reason: 'given by --devices' }] as const;
  const chosen = await startTestServer({}, { choices });
  expect(await chosen.call('GetInfo', {})).toMatchObject({ choices });
  await chosen.close();
});

test('GetInfo publishes the tokens of a row where the settings ask for more', async () => {
  const wide = await startTestServer({ 'prefix-tokens': '9000', 'candidate-tokens': '4096' });
  const { limits } = await wide.call('GetInfo', {});
  await wide.close();
  expect(limits).toMatchObject({
    prefix_tokens: 2047,
    candidate_tokens: 2048,
    row_tokens: 2048,
  });
});

test('Tokenize returns counts, and ids when asked for', async () => {
  const texts = ['abc', ''];
  expect(await server.call('Tokenize', { texts })).toEqual({
    texts: [{ tokens: 3 }, { tokens: 0 }],
    tokenizer_hash: 'cd'.repeat(32),
  });
  expect(await server.call('Tokenize', { texts, return_ids: true })).toMatchObject({
    texts: [{ tokens: 3, ids: [97, 98, 99] }, { tokens: 0 }],
  });
});

test('no text of a caller is logged except the request id', async () => {
  await server.call('Rank', {
    query: 'SECRET',
    request_id: 'mine',
    candidates: [{ id: 'SECRET', text: 'SECRET' }],
  });
  await server.fail('Rank', { query: 'SECRET', candidates: [{ text: '' }, { id: 'SECRET' }] });
  server.pipeline.holds = true;
  const call = server.fail('Rank', { query: 'SECRET', candidates });
  await server.pipeline.arrived(2);
  server.pipeline.ranked[1]?.fail(new Error('broken pipe'));
  await call;
  const log = server.logLines.join('\n');
  expect(log).toContain('mine');
  expect(log).toContain('broken pipe');
  expect(log).not.toContain('SECRET');
});
