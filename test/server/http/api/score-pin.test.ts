import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startTestHttp, type TestHttp } from '../../../support/serving/test-http.ts';
import { testManifest } from '../../../support/serving/test-server.ts';

const { fingerprint: served } = testManifest;
const wanted = 'ab'.repeat(32);
const key = 'slmrank-score-fingerprint';
const own = '/slmrank.v1.RankingService/Rank';

let server: TestHttp;
beforeAll(async () => {
  server = await startTestHttp();
});
afterAll(() => server.close());

const bodies: readonly [string, object][] = [
  ['/v2/rerank', { query: 'q', documents: ['a'] }],
  ['/v1/rerank', { query: 'q', documents: ['a'] }],
  ['/rerank', { query: 'q', texts: ['a'] }],
  ['/score', { text_1: 'q', text_2: ['a', 'b'] }],
];

test.each(bodies)(
  '%s names the model that ranked, and is pinned by a header',
  async (path, body) => {
    const free = await server.post(path, body);
    expect([free.status, free.headers.get(key)]).toEqual([200, served]);
    expect(await server.post(path, body, { [key]: served })).toMatchObject({ status: 200 });
    const refused = await server.post(path, body, { [key]: wanted });
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '0']);
    expect(JSON.stringify(refused.body)).toContain('retry on another server');
  },
);

test('our own JSON is pinned by its field and by the header', async () => {
  const body = { query: 'q', candidates: [{ text: 'a' }] };
  const pinned = { ...body, scoreFingerprint: served };
  expect(await server.post(own, pinned)).toMatchObject({
    status: 200,
    body: { scoreFingerprint: served },
  });
  const refusal = {
    status: 503,
    body: {
      code: 'unavailable',
      details: [{ debug: { reason: 'WRONG_FINGERPRINT', metadata: { wanted, served } } }],
    },
  };
  expect(await server.post(own, { ...body, score_fingerprint: wanted })).toMatchObject(refusal);
  expect(await server.post(own, body, { [key]: wanted })).toMatchObject(refusal);
  expect(await server.post(own, pinned, { [key]: wanted })).toMatchObject({
    status: 400,
    body: { message: expect.stringContaining('one of them, or the same in both, is needed') },
  });
});
