import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startTestServer, type TestServer } from '../support/serving/test-server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ 'text-bytes': '1000', 'request-bytes': '20000' });
});
afterAll(() => server.close());

const candidates = [{ text: 'x' }];

test('a message up to twice our limit is refused with details', async () => {
  const failure = await server.fail('Rank', { query: 'q'.repeat(39_000), candidates });
  expect(failure).toMatchObject({
    code: status.INVALID_ARGUMENT,
    message: expect.stringMatching(/^the request has 390\d\d bytes; at most 20000$/),
  });
});

test('the library aborts a larger message', async () => {
  const failure = await server.fail('Rank', { query: 'q'.repeat(50_000), candidates });
  expect(failure.code).toBe(status.RESOURCE_EXHAUSTED);
  expect(failure.details).toEqual({});
});
