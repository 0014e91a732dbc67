import { connect as connectHttp2 } from 'node:http2';
import { status } from '@grpc/grpc-js';
import { afterEach, expect, test } from '@jest/globals';
import { call, frame, rankPath, streamPath, until } from '../../support/raw-grpc/call.ts';
import { methodOf, startTestServer, type TestServer } from '../../support/serving/test-server.ts';

const { requestSerialize } = methodOf('slmrank.v1.RankingService', 'Rank');
const good = () =>
  frame(requestSerialize({ request_id: 'mine', query: 'q', candidates: [{ text: 'x' }] }));

let server: TestServer;
afterEach(() => server.close());

function open() {
  const session = connectHttp2(`http://${server.address}`);
  session.on('error', () => undefined);
  return session;
}

test('the bytes of a stream’s request are held until it is answered', async () => {
  server = await startTestServer();
  server.pipeline.holds = true;
  const { stream, ended } = call(open(), { path: streamPath });
  stream.write(good());
  await server.pipeline.arrived(1);
  expect(server.door.heldBytes).toBe(good().length);
  server.pipeline.ranked[0]?.reply();
  await until(() => server.door.heldBytes === 0);
  expect(server.door.openCalls).toBe(1);
  stream.end();
  expect(await ended).toMatchObject({ code: status.OK });
});

test('a client cannot name the open call of another one', async () => {
  server = await startTestServer();
  server.pipeline.holds = true;
  const first = call(open());
  first.stream.end(good());
  await server.pipeline.arrived(1);
  const second = call(open(), { path: rankPath, headers: { 'x-slmrank-call': '1' } });
  second.stream.end(good());
  await server.pipeline.arrived(2);
  expect(server.door.heldBytes).toBe(2 * good().length);
  server.pipeline.ranked[1]?.reply();
  expect(await second.ended).toMatchObject({ code: status.OK });
  await until(() => server.door.openCalls === 1);
  expect(server.door.heldBytes).toBe(good().length);
  server.pipeline.ranked[0]?.reply();
  expect(await first.ended).toMatchObject({ code: status.OK });
});
