import { afterEach, expect, test } from '@jest/globals';
import { Metadata, status } from '@grpc/grpc-js';
import { FakeClock, settle } from '../support/fakes/clock.ts';
import {
  methodOf,
  startTestServer,
  type TestServer,
  unary,
} from '../support/serving/test-server.ts';

const request = { query: 'q', candidates: [{ text: 'x' }] };

let server: TestServer;
afterEach(() => server.client.close());

function checkHealth(): Promise<unknown> {
  const plain = { metadata: new Metadata(), options: {} };
  return unary(server.client, methodOf('grpc.health.v1.Health', 'Check'), {}, plain);
}

test('during the lame duck health says NOT_SERVING while requests are still served', async () => {
  const clock = new FakeClock();
  server = await startTestServer({}, { clock, lameDuckMs: 1000 });
  const stopped = server.stop();
  expect(server.isStopping()).toBe(true);
  expect(await checkHealth()).toEqual({ status: 'NOT_SERVING' });
  expect(await server.call('Rank', request)).toMatchObject({ model: 'tiny' });
  expect(server.pipeline.isDrained).toBe(false);
  await clock.advance(1000);
  expect((await server.fail('Rank', request)).code).toBe(status.UNAVAILABLE);
  expect(await stopped).toBe(true);
  expect(server.pipeline.isDrained).toBe(true);
});

test('a call under way is finished, and new ones are unavailable', async () => {
  server = await startTestServer();
  server.pipeline.holds = true;
  const first = server.call('Rank', request);
  await server.pipeline.arrived(1);
  const stopped = server.stop();
  await settle();
  expect((await server.fail('Rank', request)).code).toBe(status.UNAVAILABLE);
  server.pipeline.ranked[0]?.reply();
  expect(await first).toMatchObject({ model: 'tiny' });
  expect(await stopped).toBe(true);
});

test('a call that does not finish in time is answered as unavailable, and the stop is not clean', async () => {
  const clock = new FakeClock();
  server = await startTestServer({ 'drain-ms': '3000' }, { clock });
  server.pipeline.holds = true;
  const failure = server.fail('Rank', { ...request, request_id: 'mine' });
  await server.pipeline.arrived(1);
  const stopped = server.stop();
  await settle();
  await clock.advance(2999);
  expect(server.pipeline.ranked[0]?.call.signal.aborted).toBe(false);
  await clock.advance(1);
  expect(await failure).toMatchObject({
    code: status.UNAVAILABLE,
    message: 'the server shut down before the answer was ready',
    details: { RequestInfo: { request_id: 'mine' } },
  });
  expect(server.pipeline.ranked[0]?.call.signal.aborted).toBe(true);
  expect(await stopped).toBe(false);
});

test('the server stops even if its pipeline fails to drain', async () => {
  server = await startTestServer();
  server.pipeline.drain = () => Promise.reject(new Error('stuck'));
  expect(await server.stop()).toBe(true);
  expect(server.logLines.join()).toContain('stuck');
});

test('a second stop returns the same promise', async () => {
  server = await startTestServer();
  const first = server.stop();
  expect(server.stop()).toBe(first);
  await first;
});

test('an idle client that stays connected is disconnected', async () => {
  server = await startTestServer();
  await server.call('GetInfo', {});
  expect(await server.stop()).toBe(true);
  expect((await server.fail('GetInfo', {})).code).toBe(status.UNAVAILABLE);
});
