import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2';
import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import { afterEach, describe, expect, test } from '@jest/globals';
import { keyLine } from '../../../src/cli/admin/key-new.ts';
import { createKey } from '../../../src/desk/access/api-keys.ts';
import { issueCertificate } from '../../support/raw-grpc/certificates.ts';
import { call, frame, rankPath, streamPath, until } from '../../support/raw-grpc/call.ts';
import {
  beginCall,
  connectRaw,
  connectRawTls,
  frameTypes,
  http2Frame,
  preface,
  type RawConnection,
} from '../../support/raw-grpc/connection.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { methodOf, startTestServer, type TestServer } from '../../support/serving/test-server.ts';

const watchPath = '/grpc.health.v1.Health/Watch';
const checkPath = '/grpc.health.v1.Health/Check';
const { requestSerialize } = methodOf('slmrank.v1.RankingService', 'Rank');
const good = frame(requestSerialize({ query: 'q', candidates: [{ text: 'x' }] }));
const emptyMessage = frame(Buffer.alloc(0));
const { data } = frameTypes;

let server: TestServer;
const sessions: ClientHttp2Session[] = [];
const connections: RawConnection[] = [];
afterEach(async () => {
  sessions.splice(0).forEach((session) => session.destroy());
  connections.splice(0).forEach(({ socket }) => socket.destroy());
  await server.close();
});

function open(): ClientHttp2Session {
  const session = connectHttp2(`http://${server.address}`);
  session.on('error', () => undefined);
  sessions.push(session);
  return session;
}

function openRaw(...frames: readonly Buffer[]): RawConnection {
  const connection = connectRaw(server.address, ...frames);
  connections.push(connection);
  return connection;
}

function refusals(): number {
  return [...server.door.refused.values()].reduce((sum, count) => sum + count, 0);
}

/** The given number of calls of one path, on a connection that sends nothing more. */
function calls(path: string, count: number): Buffer[] {
  return Array.from({ length: count }, (_, i) => beginCall(2 * i + 1, path));
}

function keyFile(...lines: readonly string[]): string {
  return join(temporaryFolder({ keys: lines.join('\n') }), 'keys');
}

async function rank(headers: Record<string, string> = {}) {
  const { stream, ended } = call(open(), { headers });
  stream.end(good);
  return await ended;
}

async function check() {
  const { stream, ended } = call(open(), { path: checkPath });
  stream.end(emptyMessage);
  return await ended;
}

describe('the calls of a connection end with it', () => {
  const bad: readonly (readonly [string, readonly Buffer[]])[] = [
    ['a frame of 2^24 - 1 bytes', [http2Frame(data, 0, 1, { length: 0xff_ff_ff })]],
    ['DATA on stream 0', [http2Frame(data, 0, 0, { payload: Buffer.alloc(1) })]],
    ['padding longer than its frame', [http2Frame(data, 8, 1, { payload: Buffer.from([9, 0]) })]],
    [
      'DATA after END_STREAM',
      [http2Frame(data, 1, 1), http2Frame(data, 0, 1, { payload: Buffer.alloc(9) })],
    ],
    ['an even stream', [beginCall(2, rankPath)]],
  ];
  const ways = bad.flatMap(([name, frames]) =>
    [true, false].map((stays) => [name, stays ? 'stays' : 'leaves', frames, stays] as const),
  );

  test.each(ways)('after %s, when its client %s', async (_name, _stays, frames, stays) => {
    server = await startTestServer({ 'message-ms': '200', 'metrics-address': 'off' });
    server.pipeline.holds = true;
    const paths = [watchPath, rankPath, streamPath, checkPath];
    const { socket, closed } = openRaw(...paths.map((path, i) => beginCall(2 * i + 1, path)));
    await until(() => server.door.openCalls === 4 || server.door.openConnections === 0);
    socket.write(Buffer.concat(frames));
    if (!stays) {
      await new Promise((resolve) => setImmediate(resolve));
      socket.destroy();
    }
    await until(() => server.door.openCalls === 0 && server.door.openConnections === 0);
    await closed;
    expect(server.door.heldBytes).toBe(0);
    server.pipeline.holds = false;
    expect(await rank()).toMatchObject({ code: status.OK });
  });

  test.each([true, false])('over TLS, when its client stays: %s', async (stays) => {
    const { certPem, keyPem } = issueCertificate({ name: 'server' });
    const folder = temporaryFolder({ cert: certPem, key: keyPem });
    const files = { 'tls-cert': join(folder, 'cert'), 'tls-key': join(folder, 'key') };
    server = await startTestServer({ 'message-ms': '800', ...files });
    // The refusal is not encrypted yet when its client leaves; Node emits no event for that.
    const raw = Array.from({ length: 5 }, () =>
      connectRawTls(server.address, ...calls(watchPath, 100)),
    );
    connections.push(...raw);
    await until(() => refusals() >= 5 * 84);
    for (const { socket } of raw) {
      socket.write(http2Frame(data, 0, 1, { length: 0xff_ff_ff }), () => {
        if (!stays) {
          socket.destroy();
        }
      });
    }
    await until(() => server.door.openCalls === 0 && server.door.openConnections === 0);
    expect(server.door.heldBytes).toBe(0);
  });

  test('during a drain, which then does not wait for them', async () => {
    server = await startTestServer({ 'message-ms': '200', 'drain-ms': '20000' });
    server.pipeline.holds = true;
    const { socket } = openRaw(
      beginCall(1, rankPath),
      http2Frame(data, 1, 1, { payload: good }),
      // The connection closes when both calls are over, and this one is still open.
      beginCall(3, streamPath),
    );
    await until(() => server.pipeline.ranked.length === 1);
    const stopped = server.stop();
    await until(() => socket.bytesRead > 0 && server.logLines.some((l) => l.includes('draining')));
    await new Promise((resolve) => setImmediate(resolve));
    socket.write(http2Frame(data, 0, 0, { payload: Buffer.alloc(1) }));
    expect(await stopped).toBe(true);
    expect(server.door.openCalls).toBe(0);
  });

  test('a client without calls that does not answer is disconnected', async () => {
    server = await startTestServer({ 'message-ms': '100' });
    const begun = beginCall(1, rankPath);
    begun.writeUInt8(0, 4); // No END_HEADERS, and no frame that would end the headers.
    await openRaw(begun).closed;
    expect(server.door.openConnections).toBe(0);
  });

  test('but a silent connection that answers is left open', async () => {
    server = await startTestServer({ 'message-ms': '100' });
    const quiet = openRaw(
      beginCall(1, watchPath),
      http2Frame(data, 1, 1, { payload: emptyMessage }),
    );
    await until(() => server.door.openCalls === 1);
    const before = quiet.socket.bytesRead;
    // Time passes: the connection is pinged and other calls stall.
    for (let i = 0; i < 3; i += 1) {
      expect(await call(open()).ended).toMatchObject({ code: status.DEADLINE_EXCEEDED });
    }
    await until(() => quiet.socket.bytesRead > before);
    expect([server.door.openCalls, server.door.openConnections >= 1]).toEqual([1, true]);
  });
});

describe('calls that need no key leave room for others', () => {
  test('health watches have a share of the calls, and a connection few of them', async () => {
    const key = createKey();
    const file = keyFile(keyLine(key, { name: 'mine' }));
    server = await startTestServer({ 'open-calls': '400', 'api-keys': file });
    for (let i = 0; i < 5; i += 1) {
      openRaw(...calls(watchPath, 40));
    }
    await until(() => refusals() === 200 - server.door.openCalls);
    expect(server.door.openCalls).toBeLessThanOrEqual(20);
    expect(server.door.openCalls).toBeGreaterThanOrEqual(10);
    const quarter =
      'this client has 10 health watches open; at most as many as it leaves free, 10 of 20 are free';
    const { ended } = call(open(), { path: watchPath });
    expect(await ended).toMatchObject({ code: status.RESOURCE_EXHAUSTED, message: quarter });
    expect(await check()).toMatchObject({ code: status.OK });
    expect(await rank({ authorization: `Bearer ${key}` })).toMatchObject({ code: status.OK });
    expect(await rank()).toMatchObject({ code: status.UNAUTHENTICATED });
  });

  test('checks that never send their message give way to later ones', async () => {
    server = await startTestServer({ 'open-calls': '100' });
    for (let i = 0; i < 3; i += 1) {
      openRaw(...calls(checkPath, 30));
    }
    await until(() => refusals() === 85);
    expect(server.door.openCalls).toBe(5);
    const { stream, ended } = call(open(), { path: checkPath });
    openRaw(...calls(checkPath, 10));
    expect(await ended).toMatchObject({
      code: status.RESOURCE_EXHAUSTED,
      message: 'this health check gave way to later ones',
    });
    stream.destroy();
    expect(await check()).toMatchObject({ code: status.OK });
    expect(await rank()).toMatchObject({ code: status.OK });
  });

  test('a check whose request has arrived does not give way to checks that never send theirs', async () => {
    server = await startTestServer({ 'open-calls': '100' });
    const [whole, ...begun] = calls(checkPath, 31);
    openRaw(whole ?? preface, http2Frame(data, 1, 1, { payload: emptyMessage }), ...begun);
    await until(() => refusals() === 26 && server.door.openCalls === 4);
    expect([...server.door.refused.keys()]).toEqual(['TOO_MANY_CALLS']);
  });

  test('one key cannot take the share of another', async () => {
    const [mine, other] = [createKey(), createKey()];
    const file = keyFile(keyLine(mine, { name: 'mine' }), keyLine(other, { name: 'other' }));
    server = await startTestServer({ 'open-calls': '100', 'api-keys': file });
    const session = open();
    const held = Array.from({ length: 100 }, () =>
      call(session, { path: streamPath, headers: { authorization: `Bearer ${mine}` } }),
    );
    const refused = await Promise.race(held.map(({ ended }) => ended));
    expect(refused).toMatchObject({
      code: status.RESOURCE_EXHAUSTED,
      message:
        'this client has 45 calls open; at most as many as it leaves free, 45 of 90 are free',
    });
    expect(await rank({ authorization: `Bearer ${other}` })).toMatchObject({ code: status.OK });
  });

  test('without keys, a connection leaves room for others of the same address', async () => {
    server = await startTestServer({ 'open-calls': '100' });
    for (let i = 0; i < 5; i += 1) {
      openRaw(...calls(streamPath, 40));
    }
    await until(() => refusals() + server.door.openCalls === 200);
    expect(await rank()).toMatchObject({ code: status.OK });
    expect(await check()).toMatchObject({ code: status.OK });
  });

  test('a health request is short', async () => {
    server = await startTestServer();
    const { stream, ended } = call(open(), { path: checkPath });
    stream.write(frame(Buffer.alloc(4000)));
    expect(await ended).toMatchObject({
      code: status.INVALID_ARGUMENT,
      message: 'a health request has more than 2048 bytes, the most that are allowed',
    });
  });
});

describe('a stalled call', () => {
  test('is refused once, even if its client does not notice', async () => {
    server = await startTestServer({ 'message-ms': '100' });
    const { socket } = openRaw(beginCall(1, rankPath), beginCall(3, streamPath));
    socket.pause();
    const last = call(open());
    expect(await last.ended).toMatchObject({ code: status.DEADLINE_EXCEEDED });
    expect(await call(open()).ended).toMatchObject({ code: status.DEADLINE_EXCEEDED });
    expect(await call(open()).ended).toMatchObject({ code: status.DEADLINE_EXCEEDED });
    expect([...server.door.refused]).toEqual([['STALLED', 4]]);
  });
});
