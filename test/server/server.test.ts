import { status } from '@grpc/grpc-js';
import { afterEach, describe, expect, test } from '@jest/globals';
import { startTestServer, type TestServer } from '../support/serving/test-server.ts';

const request = { query: 'q', candidates: [{ text: 'x' }] };

let server: TestServer;
afterEach(() => server.close());

describe('before the pipeline is warm', () => {
  test('requests are unavailable, and GetInfo answers', async () => {
    server = await startTestServer({}, { cold: true });
    expect(await server.fail('Rank', request)).toMatchObject({
      code: status.UNAVAILABLE,
      message: 'the server is starting: its model is not warm yet',
      details: { ErrorInfo: { reason: 'STARTING' } },
    });
    expect((await server.fail('Tokenize', { texts: ['x'] })).code).toBe(status.UNAVAILABLE);
    expect(await server.call('GetInfo', {})).toMatchObject({ model: 'tiny' });
  });

  test('a model that cannot be loaded rejects `ready`', async () => {
    server = await startTestServer({}, { cold: true });
    server.pipeline.failToWarm(new Error('no CUDA'));
    await expect(server.ready).rejects.toThrow('no CUDA');
    expect((await server.fail('Rank', request)).code).toBe(status.UNAVAILABLE);
  });

  test('an address in use is an error with the address', async () => {
    server = await startTestServer();
    await expect(startTestServer({ address: server.address })).rejects.toThrow(
      `cannot listen on ${server.address}: `,
    );
  });
});
