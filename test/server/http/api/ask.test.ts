import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { ServingEvent } from '../../../../src/domain/events.ts';
import { startTestHttp, type TestHttp } from '../../../support/serving/test-http.ts';

let server: TestHttp;
const events: ServingEvent[] = [];
beforeAll(async () => {
  server = await startTestHttp({}, { tell: (event) => events.push(event) });
});
afterAll(() => server.close());

const documents = ['Cooks.', 'Greets visitors.'];
const query = 'receptionist';

test('a client that disconnects cancels its request', async () => {
  server.pipeline.holds = true;
  const before = server.pipeline.ranked.length;
  const abort = new AbortController();
  const answer = fetch(`${server.url}/v2/rerank`, {
    method: 'POST',
    body: JSON.stringify({ query, documents }),
    headers: { 'content-type': 'application/json' },
    signal: abort.signal,
  });
  await server.pipeline.arrived(before + 1);
  const call = server.pipeline.ranked.at(-1)?.call;
  const aborted = new Promise((resolve) => call?.signal.addEventListener('abort', resolve));
  abort.abort();
  await expect(answer).rejects.toThrow();
  await aborted;
  server.pipeline.holds = false;
  expect(events.at(-1)).toMatchObject({ kind: 'ended', outcome: 'cancelled' });
});

test('the header of the Connect protocol limits the time', async () => {
  server.pipeline.holds = true;
  const path = '/slmrank.v1.RankingService/Rank';
  const asked = { query, candidates: [{ text: 'a' }] };
  const answer = await server.post(path, asked, { 'connect-timeout-ms': '50' });
  server.pipeline.holds = false;
  expect(answer).toMatchObject({ status: 504, body: { code: 'deadline_exceeded' } });
});
