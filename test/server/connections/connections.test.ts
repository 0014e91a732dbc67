import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { status } from '@grpc/grpc-js';
import { connect as connectHttp2 } from 'node:http2';
import {
  boundConnections,
  type Descriptors,
  mostConnections,
  readDescriptors,
} from '../../../src/server/connections/descriptors.ts';
import { networkOf } from '../../../src/server/connections/network-of.ts';
import { FakeClock } from '../../support/fakes/clock.ts';
import { call, until } from '../../support/raw-grpc/call.ts';
import { beginCall, connectRaw, type RawConnection } from '../../support/raw-grpc/connection.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { startTestServer, type TestServer } from '../../support/serving/test-server.ts';

const watchPath = '/grpc.health.v1.Health/Watch';

let server: TestServer | undefined;
const connections: RawConnection[] = [];
afterEach(async () => {
  connections.splice(0).forEach(({ socket }) => socket.destroy());
  await server?.close();
  server = undefined;
});

async function open(address: string, ...frames: readonly Buffer[]): Promise<RawConnection> {
  const connection = connectRaw(address, ...frames);
  connections.push(connection);
  await Promise.race([
    connection.closed,
    new Promise((resolve) => connection.socket.once('data', resolve)),
  ]);
  return connection;
}

test('one address has at most half of the connections, and further ones are closed', async () => {
  server = await startTestServer({ connections: '40' });
  for (let i = 0; i < 20; i += 1) {
    await open(server.address);
  }
  expect(server.door.openConnections).toBe(20);
  const { closed, socket } = await open(server.address);
  await closed;
  expect([socket.bytesRead, server.door.openConnections]).toEqual([0, 20]);
});

test('an idle connection gives way to a new one, but not one with a call', async () => {
  const clock = new FakeClock();
  server = await startTestServer({ connections: '3' }, { clock });
  const { address, door } = server;
  const busy = await open(address, beginCall(1, watchPath));
  await until(() => door.openCalls === 1);
  const idle = await open(address);
  await clock.advance(2000);
  const later = await open(address);
  const early = await open(address);
  await early.closed;
  expect(early.socket.bytesRead).toBe(0);
  await clock.advance(4000);
  const next = await open(address);
  await idle.closed;
  expect(next.socket.bytesRead).toBeGreaterThan(0);
  expect([busy, later, next].map(({ socket }) => socket.destroyed)).toEqual([false, false, false]);
  expect(door.openConnections).toBe(3);
});

test('connections that their clients close make room', async () => {
  server = await startTestServer({ connections: '1' });
  for (let i = 0; i < 3; i += 1) {
    const { door, address } = server;
    const session = connectHttp2(`http://${address}`);
    const { stream, ended } = call(session, { path: '/grpc.health.v1.Health/Check' });
    stream.end(Buffer.alloc(5));
    expect(await ended).toMatchObject({ code: status.OK });
    session.close();
    await until(() => door.openConnections === 0);
  }
});

test.each([
  ['1.2.3.4', '1.2.3.4'],
  ['::ffff:1.2.3.4', '1.2.3.4'],
  ['::1', '0:0:0:0::/64'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8::5', '2001:db8:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  [undefined, 'unknown'],
])('the network of %s is %s', (address, network) => {
  expect(networkOf(address)).toBe(network);
});

test.each<[number, Descriptors | undefined, number]>([
  [2000, undefined, 2000],
  [2000, { limit: 20_000, open: 50 }, 2000],
  [2000, { limit: 1024, open: 60 }, 900],
  [2000, { limit: 100, open: 40 }, 30],
  [2000, { limit: 40, open: 45 }, 1],
])('%s connections with descriptors %j are %s', (asked, descriptors, most) => {
  expect(mostConnections(asked, descriptors)).toBe(most);
});

test('a limit of open files that is too low causes a warning', () => {
  const lines: unknown[] = [];
  const log = { warn: (...words: unknown[]) => lines.push(words) };
  expect(boundConnections(10, log, { limit: 1024, open: 20 })).toBe(10);
  expect(lines).toEqual([]);
  expect(boundConnections(2000, log, { limit: 1024, open: 60 })).toBe(900);
  expect(lines).toEqual([
    [
      { connections: 900, asked: 2000, openFiles: 1024 },
      'the limit of open files is too low for SLMRANK_CONNECTIONS; raise it (ulimit -n) or ask for fewer connections',
    ],
  ]);
});

test.each([
  ['Max open files            1024                 4096                 files', 1024],
  ['Max open files            unlimited            unlimited            files', undefined],
])('the limit is read as the system writes it: %s', (line, limit) => {
  const process = temporaryFolder({ limits: `Limit\n${line}\n`, 'fd/0': '', 'fd/1': '' });
  expect(readDescriptors(process)).toEqual(limit === undefined ? undefined : { limit, open: 2 });
  expect(readDescriptors(join(process, 'nowhere'))).toBeUndefined();
});
