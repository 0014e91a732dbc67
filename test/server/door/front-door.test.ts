import { type ClientHttp2Session, connect as connectHttp2, constants } from 'node:http2';
import { connect as connectTcp } from 'node:net';
import { gzipSync } from 'node:zlib';
import { Server, status } from '@grpc/grpc-js';
import { afterEach, expect, test } from '@jest/globals';
import { FrontDoor, type FrontDoorParts } from '../../../src/server/door/front-door.ts';
import { call, frame, streamPath, until } from '../../support/raw-grpc/call.ts';
import { methodOf, startTestServer, type TestServer } from '../../support/serving/test-server.ts';

const { requestSerialize } = methodOf('slmrank.v1.RankingService', 'Rank');
const request = { request_id: 'mine', query: 'q', candidates: [{ text: 'x' }] };

let server: TestServer;
const sessions: ClientHttp2Session[] = [];
afterEach(async () => {
  sessions.splice(0).forEach((session) => session.destroy());
  await server.close();
});

function open(): ClientHttp2Session {
  const session = connectHttp2(`http://${server.address}`);
  session.on('error', () => undefined);
  sessions.push(session);
  return session;
}

const good = () => frame(requestSerialize(request));

test('an ordinary call is answered, and holds no bytes afterwards', async () => {
  server = await startTestServer();
  const { stream, ended } = call(open());
  stream.end(good());
  expect(await ended).toMatchObject({ code: status.OK });
  expect(server.door.heldBytes).toBe(0);
  expect(server.door.openCalls).toBe(0);
});

test('request bytes are bounded over all connections, and released with their call', async () => {
  server = await startTestServer({
    'request-bytes': '8000',
    'text-bytes': '8000',
    'buffered-bytes': '10000',
  });
  const first = call(open());
  first.stream.write(frame(Buffer.alloc(6000), 0, 7000));
  await until(() => server.door.heldBytes === 6005);
  const second = call(open());
  second.stream.end(frame(Buffer.alloc(6000)));
  expect(await second.ended).toEqual({
    code: status.RESOURCE_EXHAUSTED,
    message: 'the open requests hold all of the 10000 bytes that they may',
    rst: constants.NGHTTP2_NO_ERROR,
  });
  first.stream.destroy();
  await until(() => server.door.heldBytes === 0);
  const third = call(open());
  third.stream.end(good());
  expect(await third.ended).toMatchObject({ code: status.OK });
});

test('open calls are bounded over all connections', async () => {
  server = await startTestServer({ 'open-calls': '2' });
  const held = [call(open()), call(open())];
  await until(() => server.door.openCalls === 2);
  const third = call(open());
  expect(await third.ended).toMatchObject({
    code: status.RESOURCE_EXHAUSTED,
    message: '2 calls are open, which is the limit',
  });
  expect([...server.door.refused]).toEqual([['TOO_MANY_CALLS', 1]]);
  held.forEach(({ stream }) => stream.destroy());
  await until(() => server.door.openCalls === 0);
});

test('connections beyond the limit are closed at once', async () => {
  server = await startTestServer({ connections: '1' });
  const { stream, ended } = call(open());
  stream.end(good());
  expect(await ended).toMatchObject({ code: status.OK });
  const [host = '', port = ''] = server.address.split(':');
  const socket = connectTcp(Number(port), host);
  socket.resume();
  await new Promise((resolve) => socket.once('close', resolve));
  expect(socket.bytesRead).toBe(0);
});

test('metadata is bounded', async () => {
  server = await startTestServer({ 'metadata-bytes': '2000' });
  const fits = call(open(), { headers: { 'x-filler': 'f'.repeat(1000) } });
  fits.stream.end(good());
  expect(await fits.ended).toMatchObject({ code: status.OK });
  const large = call(open(), { headers: { 'x-filler': 'f'.repeat(2000) } });
  const { code, message } = await large.ended;
  expect(code).toBe(status.INVALID_ARGUMENT);
  expect(message).toMatch(/^the call has 2\d\d\d bytes of metadata; at most 2000$/);
});

test.each([
  ['sends nothing', (): Buffer | undefined => undefined],
  ['stops within a message', (): Buffer | undefined => good().subarray(0, 8)],
  ['never ends its side', (): Buffer | undefined => good()],
])('a call whose client %s is ended in time', async (_, bytes) => {
  server = await startTestServer({ 'message-ms': '100' });
  const { stream, ended } = call(open());
  const some = bytes();
  if (some !== undefined) {
    stream.write(some);
  }
  expect(await ended).toMatchObject({
    code: status.DEADLINE_EXCEEDED,
    message: 'a message did not arrive within 100 ms',
  });
  expect(server.door.openCalls).toBe(0);
});

test('a stream may rest between messages, but not within one', async () => {
  server = await startTestServer({ 'message-ms': '100' });
  const resting = call(open(), { path: streamPath });
  resting.stream.write(good());
  const halted = call(open(), { path: streamPath });
  halted.stream.write(good().subarray(0, 8));
  expect(await halted.ended).toMatchObject({ code: status.DEADLINE_EXCEEDED });
  resting.stream.end(good());
  expect(await resting.ended).toMatchObject({ code: status.OK });
});

test('a call that waits for the server is not ended, however long it takes', async () => {
  server = await startTestServer({ 'message-ms': '100' });
  server.pipeline.holds = true;
  const waiting = call(open());
  waiting.stream.end(good());
  const watching = call(open(), { path: '/grpc.health.v1.Health/Watch' });
  watching.stream.end(frame(Buffer.alloc(0)));
  await server.pipeline.arrived(1);
  for (const halted of [call(open()), call(open())]) {
    expect(await halted.ended).toMatchObject({ code: status.DEADLINE_EXCEEDED });
  }
  const last = call(open());
  expect(await last.ended).toMatchObject({ code: status.DEADLINE_EXCEEDED });
  expect(server.door.openCalls).toBe(2);
  server.pipeline.ranked[0]?.reply();
  expect(await waiting.ended).toMatchObject({ code: status.OK });
});

test('an answer that its client does not read is given up', async () => {
  server = await startTestServer({ 'message-ms': '200' });
  const session = connectHttp2(`http://${server.address}`, { settings: { initialWindowSize: 0 } });
  session.on('error', () => undefined);
  sessions.push(session);
  const { stream, ended } = call(session);
  stream.end(good());
  expect(await ended).toMatchObject({ rst: constants.NGHTTP2_ENHANCE_YOUR_CALM });
  expect(server.door.openCalls).toBe(0);
});

test('a compressed request is read like any other', async () => {
  server = await startTestServer();
  const { stream, ended } = call(open(), { headers: { 'grpc-encoding': 'gzip' } });
  stream.end(frame(gzipSync(requestSerialize(request)), 1));
  expect(await ended).toMatchObject({ code: status.OK });
});

test('a message that unpacks to more than the limit is refused, before or during unpacking', async () => {
  server = await startTestServer({ 'request-bytes': '200000', 'buffered-bytes': '1000000' });
  const bomb = frame(gzipSync(Buffer.alloc(10_000_000)), 1);
  const unpacked = call(open(), { headers: { 'grpc-encoding': 'gzip' } });
  unpacked.stream.end(bomb);
  expect(await unpacked.ended).toMatchObject({
    code: status.RESOURCE_EXHAUSTED,
    message: 'Received message that decompresses to a size larger than 400000',
  });
  const many = [1, 2, 3].map(() => {
    const one = call(open(), { headers: { 'grpc-encoding': 'gzip' } });
    one.stream.write(bomb.subarray(0, -1));
    return one;
  });
  expect(await Promise.race(many.map(({ ended }) => ended))).toMatchObject({
    code: status.RESOURCE_EXHAUSTED,
    message: 'the open requests hold all of the 1000000 bytes that they may',
  });
});

test('a body for a method that does not exist is discarded', async () => {
  server = await startTestServer();
  const { stream, ended } = call(open(), { path: '/no.Such/Method' });
  stream.end(Buffer.alloc(1_000_000));
  expect(await ended).toMatchObject({ code: status.UNIMPLEMENTED });
  await until(() => server.door.openCalls === 0);
  expect(server.door.heldBytes).toBe(0);
});

test('a storm of opened and reset streams costs the connection and not the server', async () => {
  server = await startTestServer();
  const session = open();
  const gone = new Promise((resolve) => session.once('close', resolve));
  for (let i = 0; i < 5000 && !session.destroyed; i += 1) {
    const { stream } = call(session);
    stream.close(constants.NGHTTP2_CANCEL);
    if (i % 100 === 0) {
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  await gone;
  const { stream, ended } = call(open());
  stream.end(good());
  expect(await ended).toMatchObject({ code: status.OK });
});

test('a library without the private method is reported as our bug', async () => {
  server = await startTestServer();
  const { config } = server;
  const parts = { config, mostMessageBytes: 1 } as unknown as FrontDoorParts;
  const door = new FrontDoor(parts);
  const bare = Object.create(Server.prototype, { createHttp2Server: { value: 1 } }) as Server;
  expect(() => door.attach(bare)).toThrow('grpc-js has no createHttp2Server; this is a bug');
  door.close();
});
