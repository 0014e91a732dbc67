import { once } from 'node:events';
import { afterEach, expect, test } from '@jest/globals';
import { type ServiceError, status } from '@grpc/grpc-js';
import { RankError } from '../../../src/base/errors.ts';
import { FakeClock, settle } from '../../support/fakes/clock.ts';
import {
  decodeFailure,
  startTestServer,
  type TestServer,
} from '../../support/serving/test-server.ts';
import { TestStream } from '../../support/serving/test-stream.ts';

let server: TestServer;
afterEach(() => server.close());

const idsOf = ({ answers }: TestStream) => answers.map(({ request_id: id }) => id);

test('requests are answered by id as they finish, and a half-close waits for all of them', async () => {
  server = await startTestServer();
  server.pipeline.holds = true;
  const stream = new TestStream(server);
  ['a', 'b', '東'].forEach((id) => stream.send(id));
  stream.halfClose();
  await server.pipeline.arrived(3);
  server.pipeline.ranked[2]?.reply();
  await stream.answered(1);
  server.pipeline.ranked[0]?.reply();
  await stream.answered(2);
  server.pipeline.ranked[1]?.reply();
  expect(await stream.ended).toBeUndefined();
  expect(idsOf(stream)).toEqual(['東', 'a', 'b']);
  expect(stream.answers[0]).toMatchObject({
    outcome: 'response',
    response: { request_id: '東', results: [{ score: 1 }] },
  });
});

test('a failed request is answered with its error, and the stream continues', async () => {
  server = await startTestServer();
  server.pipeline.holds = true;
  const stream = new TestStream(server);
  stream.send('bad', { query: '' });
  stream.send('full');
  await server.pipeline.arrived(1);
  server.pipeline.ranked[0]?.fail(new RankError('overloaded', 'full up', { retryAfterMs: 70 }));
  await stream.answered(2);
  stream.send('good');
  await server.pipeline.arrived(2);
  server.pipeline.ranked[1]?.reply();
  stream.halfClose();
  expect(await stream.ended).toBeUndefined();
  expect(stream.answers).toMatchObject([
    {
      request_id: 'bad',
      error: {
        code: status.INVALID_ARGUMENT,
        field_violations: [{ field: 'query', description: 'is empty' }],
      },
    },
    {
      request_id: 'full',
      error: { code: status.RESOURCE_EXHAUSTED, message: 'full up', retry_after_ms: 70 },
    },
    { request_id: 'good', outcome: 'response' },
  ]);
});

test('a missing id and an id in use are refused; the id of an answered request may be used again', async () => {
  server = await startTestServer();
  server.pipeline.holds = true;
  const stream = new TestStream(server);
  stream.send('a');
  stream.send('a');
  stream.send(undefined);
  await stream.answered(2);
  server.pipeline.ranked[0]?.reply();
  await stream.answered(3);
  stream.send('a');
  await server.pipeline.arrived(2);
  server.pipeline.ranked[1]?.reply();
  stream.halfClose();
  expect(await stream.ended).toBeUndefined();
  expect(stream.answers).toMatchObject([
    {
      request_id: 'a',
      error: { message: 'request_id is that of another unanswered request of this stream' },
    },
    {
      request_id: '',
      error: { message: 'request_id is missing; every request of a stream needs one' },
    },
    { request_id: 'a', outcome: 'response' },
    { request_id: 'a', outcome: 'response' },
  ]);
});

test('only as many requests are read as may be unanswered, and each answer lets one more in', async () => {
  server = await startTestServer({ 'stream-unanswered': '2' });
  server.pipeline.holds = true;
  const stream = new TestStream(server);
  ['a', 'b', 'c', 'd'].forEach((id) => stream.send(id));
  await server.pipeline.arrived(2);
  // After a round trip on the same connection, all that was sent before has arrived.
  await server.call('GetInfo', {});
  expect(server.pipeline.ranked).toHaveLength(2);
  server.pipeline.ranked[1]?.reply();
  await server.pipeline.arrived(3);
  await server.call('GetInfo', {});
  expect(server.pipeline.ranked.map(({ request }) => request.requestId)).toEqual(['a', 'b', 'c']);
  server.pipeline.holds = false;
  stream.halfClose();
  server.pipeline.ranked[0]?.reply();
  server.pipeline.ranked[2]?.reply();
  expect(await stream.ended).toBeUndefined();
  expect(idsOf(stream).sort()).toEqual(['a', 'b', 'c', 'd']);
});

test('a client that sends many requests and reads later gets every answer', async () => {
  server = await startTestServer({ 'stream-unanswered': '3' });
  const stream = new TestStream(server);
  stream.pause();
  const ids = Array.from({ length: 300 }, (_, n) => `request ${n} ${'x'.repeat(200)}`);
  ids.forEach((id) => stream.send(id));
  stream.halfClose();
  await server.call('GetInfo', {});
  stream.resume();
  expect(await stream.ended).toBeUndefined();
  expect(idsOf(stream).sort()).toEqual(ids.sort());
});

test('cancelling the stream cancels all unanswered requests', async () => {
  server = await startTestServer();
  server.pipeline.holds = true;
  const stream = new TestStream(server);
  stream.send('a');
  stream.send('b');
  await server.pipeline.arrived(2);
  const aborts = server.pipeline.ranked.map(({ call }) => once(call.signal, 'abort'));
  stream.cancel();
  await Promise.all(aborts);
  expect((await stream.ended)?.code).toBe(status.CANCELLED);
  server.pipeline.ranked[0]?.reply();
  expect(await server.call('GetInfo', {})).toMatchObject({ model: 'tiny' });
});

test('each request of a stream may take the longest time', async () => {
  const clock = new FakeClock();
  server = await startTestServer({ 'max-call-ms': '5000' }, { clock });
  server.pipeline.holds = true;
  const stream = new TestStream(server);
  stream.send('late');
  await server.pipeline.arrived(1);
  await clock.advance(5000);
  await stream.answered(1);
  expect(stream.answers[0]).toMatchObject({
    request_id: 'late',
    error: { code: status.DEADLINE_EXCEEDED },
  });
  expect(server.pipeline.ranked[0]?.call.signal.aborted).toBe(true);
  stream.send('next');
  await server.pipeline.arrived(2);
  server.pipeline.ranked[1]?.reply();
  stream.halfClose();
  expect(await stream.ended).toBeUndefined();
});

test('an empty stream ends with OK', async () => {
  server = await startTestServer();
  const stream = new TestStream(server);
  stream.halfClose();
  expect(await stream.ended).toBeUndefined();
  expect(stream.answers).toEqual([]);
});

test('a stream is refused as a whole while the server is starting', async () => {
  server = await startTestServer({}, { cold: true });
  const stream = new TestStream(server);
  stream.send('a');
  const error = await stream.ended;
  expect(error?.code).toBe(status.UNAVAILABLE);
  expect(decodeFailure(error as ServiceError).details['ErrorInfo']).toMatchObject({
    reason: 'STARTING',
  });
});

test('a drain answers the requests that were read and ends the stream as unavailable', async () => {
  server = await startTestServer();
  server.pipeline.holds = true;
  const stream = new TestStream(server);
  stream.send('a');
  await server.pipeline.arrived(1);
  const stopped = server.stop();
  await settle();
  server.pipeline.ranked[0]?.reply();
  await stream.answered(1);
  const error = await stream.ended;
  expect(error?.code).toBe(status.UNAVAILABLE);
  expect(decodeFailure(error as ServiceError).details['ErrorInfo']).toMatchObject({
    reason: 'DRAINING',
  });
  expect(stream.answers).toMatchObject([{ request_id: 'a', outcome: 'response' }]);
  expect(await stopped).toBe(true);
});
