import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Value } from '@sinclair/typebox/value';
import { at } from '../../../../src/base/at.ts';
import { RankError } from '../../../../src/base/errors.ts';
import type { ServingEvent } from '../../../../src/domain/events.ts';
import { apiOf, rankRoutes } from '../../../../src/server/http/api/routes.ts';
import { startTestHttp, type TestHttp } from '../../../support/serving/test-http.ts';

let server: TestHttp;
const events: ServingEvent[] = [];
beforeAll(async () => {
  server = await startTestHttp({ candidates: '20' }, { tell: (event) => events.push(event) });
});
afterAll(() => server.close());

/** The fake pipeline scores a text by its length. */
const documents = ['Cooks.', 'Greets visitors all day.', 'Greets visitors.'];
const order = [1, 2, 0];
const query = 'receptionist';

/** The reply, which must fit the schema that the OpenAPI document gives for it. */
async function ask(path: string, body: object): Promise<unknown> {
  const answer = await server.post(path, body);
  expect(answer).toMatchObject({ status: 200 });
  const route = rankRoutes.find((each) => each.path === path) ?? at(rankRoutes, 0);
  expect([...Value.Errors(apiOf(route, body).shape.reply, answer.body)]).toEqual([]);
  return answer.body;
}

describe('the order is that of gRPC', () => {
  test('Cohere v2', async () => {
    expect(await ask('/v2/rerank', { model: 'tiny', query, documents, top_n: 2 })).toMatchObject({
      results: [
        { index: 1, relevance_score: 24 },
        { index: 2, relevance_score: 16 },
      ],
      meta: { api_version: { version: '2' }, billed_units: { search_units: 1 } },
    });
    expect(server.pipeline.ranked.at(-1)?.request).toMatchObject({
      topN: 2,
      priority: 'interactive',
    });
  });

  test.each(['/v1/rerank', '/rerank'])('Cohere v1, Jina and vLLM at %s', async (path) => {
    const objects = documents.map((text, i) => (i === 1 ? { text } : text));
    const asked = { query, documents: objects, top_n: null, return_documents: true };
    expect(await ask(path, asked)).toMatchObject({
      model: 'tiny',
      results: order.map((index) => ({ index, document: { text: documents[index] } })),
      usage: { total_tokens: expect.any(Number) },
    });
  });

  test('Text Embeddings Inference', async () => {
    const asked = { query, texts: documents, raw_scores: true, return_text: true };
    expect(await ask('/rerank', { ...asked, truncation_direction: 'Left' })).toEqual(
      order.map((index) => ({ index, score: expect.any(Number), text: documents[index] })),
    );
    expect(server.pipeline.ranked.at(-1)?.request).toMatchObject({
      scoreKind: 'logit',
      truncation: 'start',
    });
  });

  test.each(['/score', '/v1/score'])('vLLM at %s, one query, in the order given', async (path) => {
    expect(await ask(path, { text_1: query, text_2: documents })).toMatchObject({
      object: 'list',
      model: 'tiny',
      data: [
        { index: 0, score: 6 },
        { index: 1, score: 24 },
        { index: 2, score: 16 },
      ],
    });
  });

  test('vLLM, pairs: equal neighbours share a request, and each request is counted', async () => {
    const before = server.pipeline.ranked.length;
    events.length = 0;
    const pairs = { text_1: ['a', 'a', 'b'], text_2: documents };
    expect(await ask('/score', pairs)).toMatchObject({
      data: [{ score: 6 }, { score: 24 }, { score: 16 }],
    });
    const asked = server.pipeline.ranked.slice(before).map(({ request }) => request);
    expect(asked.map((each) => [each.query, each.candidates.length])).toEqual([
      ['a', 2],
      ['b', 1],
    ]);
    expect(events.filter(({ kind }) => kind === 'ended')).toMatchObject([
      { outcome: 'scored', method: 'Rank', candidates: 2 },
      { outcome: 'scored', method: 'Rank', candidates: 1 },
    ]);
  });

  test('our own service in JSON, by names in camel case and as in the proto', async () => {
    const candidates = documents.map((text, i) => ({ id: `c${i}`, text }));
    const asked = { query, candidates, top_n: 2, returnText: true, scoreKind: 'SCORE_KIND_LOGIT' };
    const { status, body } = await server.post('/slmrank.v1.RankingService/Rank', asked);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      results: [
        { index: 1, id: 'c1', text: documents[1], scored: true },
        { index: 2, id: 'c2' },
      ],
      model: 'tiny',
      scoreKind: 'SCORE_KIND_LOGIT',
      complete: true,
    });
    expect(JSON.stringify(body)).not.toContain('"_');
  });

  test('our other methods in JSON', async () => {
    const post = (method: string, body: object) =>
      server.post(`/slmrank.v1.RankingService/${method}`, body);
    const candidates = [{ text: 'x' }];
    expect(await post('EstimateRank', { query, candidates })).toMatchObject({
      body: { wouldAdmit: true, candidates: 1 },
    });
    expect(await post('Tokenize', { texts: ['ab'], returnIds: true })).toMatchObject({
      body: { texts: [{ tokens: 2, ids: [97, 98] }] },
    });
    expect(await post('GetInfo', {})).toMatchObject({ body: { model: 'tiny', precision: 'fp32' } });
  });
});

test('as many pairs as candidates are allowed leave no listeners behind', async () => {
  const warnings: unknown[] = [];
  const hear = (warning: unknown) => warnings.push(warning);
  process.on('warning', hear);
  const queries = Array.from({ length: 20 }, (_, i) => `q${i}`);
  expect(await ask('/score', { text_1: queries, text_2: queries })).toMatchObject({
    data: queries.map((each) => ({ score: each.length })),
  });
  await new Promise((resolve) => setImmediate(resolve));
  process.off('warning', hear);
  expect(warnings).toEqual([]);
});

describe('a document that cannot be scored', () => {
  test('has score 0 and comes last, because these clients expect a score for each', async () => {
    expect(await ask('/rerank', { query, texts: ['', 'Cooks.'] })).toEqual([
      { index: 1, score: 6 },
      { index: 0, score: 0 },
    ]);
  });
});

describe('errors are those of each API, and name its own fields', () => {
  const refused: readonly (readonly [string, string, object, number, object])[] = [
    ['a missing field', '/v2/rerank', { documents }, 400, { message: 'query is missing' }],
    [
      'a wrong type, with its place',
      '/v1/rerank',
      { query, documents: ['a', 5] },
      400,
      { error: { param: 'documents[1]', type: 'INVALID_REQUEST', code: 400 } },
    ],
    [
      'a number out of bounds',
      '/v2/rerank',
      { query, documents, top_n: 0 },
      400,
      { message: 'top_n is 0; needed: a whole number of at least 1' },
    ],
    [
      'a rule of ours',
      '/rerank',
      { query: ' ', texts: documents },
      400,
      { error: expect.stringContaining('query '), error_type: 'Validation' },
    ],
    [
      'too many documents',
      '/rerank',
      { query, texts: Array.from({ length: 21 }, () => 'a') },
      400,
      { error: 'texts has 21 entries; allowed 1 to 20' },
    ],
    [
      'a model that is not served',
      '/v1/rerank',
      { query, documents, model: 'rerank-v3.5' },
      404,
      { message: "model 'rerank-v3.5' is not served here; 'tiny' is" },
    ],
    [
      'too many pairs of different queries',
      '/score',
      {
        text_1: Array.from({ length: 21 }, (_, i) => `q${i}`),
        text_2: documents.concat(Array.from({ length: 18 }, () => 'a')),
      },
      400,
      { message: 'text_2 has 21 entries; allowed 1 to 20' },
    ],
    [
      'lists of unequal length',
      '/score',
      { text_1: ['a', 'b'], text_2: documents },
      400,
      { error: { param: 'text_1' } },
    ],
    [
      'an unknown field of our own service',
      '/slmrank.v1.RankingService/Rank',
      { query, candidates: [{ txt: 'a' }] },
      400,
      {
        code: 'invalid_argument',
        message: expect.stringContaining('candidates[0].txt is unknown; the fields are '),
        details: [{ type: 'google.rpc.ErrorInfo' }, { type: 'google.rpc.BadRequest' }],
      },
    ],
  ];
  test.each(refused)('%s', async (...[, path, body, status, expected]) => {
    expect(await server.post(path, body)).toMatchObject({ status, body: expected });
  });

  test('an overloaded server says when to come again', async () => {
    server.pipeline.holds = true;
    const answer = server.post('/v2/rerank', { query, documents });
    const before = server.pipeline.ranked.length;
    await server.pipeline.arrived(before + 1);
    server.pipeline.ranked
      .at(-1)
      ?.fail(new RankError('overloaded', 'the queue is full', { retryAfterMs: 1200 }));
    server.pipeline.holds = false;
    const { status, headers } = await answer;
    expect([status, headers.get('retry-after')]).toEqual([429, '2']);
  });
});
