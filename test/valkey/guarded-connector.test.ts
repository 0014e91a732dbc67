import { once } from 'node:events';
import { createServer as createPlain, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { createServer as createTls } from 'node:tls';
import { afterAll, expect, test } from '@jest/globals';
import { type Guarded, guardedConnector } from '../../src/valkey/guarded-connector.ts';
import { issueCertificate } from '../support/raw-grpc/certificates.ts';

const authority = issueCertificate({ name: 'authority' });
const own = issueCertificate({ name: 'valkey', dns: ['localhost'], issuer: authority });
const [cert, key, ca] = [own.certPem, own.keyPem, authority.certPem];
const servers: Server[] = [];
afterAll(() => servers.forEach((server) => server.close()));

async function listen(isTls: boolean, onSocket: (socket: Socket) => void): Promise<number> {
  const server = isTls ? createTls({ key, cert }, onSocket) : createPlain(onSocket);
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function connect(isTls: boolean, port: number): Promise<Guarded> {
  let guarded: Guarded | undefined;
  const Connector = guardedConnector({ host: 'localhost', port, isTls, ca }, (opened) => {
    guarded = opened;
  });
  await new Connector().connect();
  if (guarded === undefined) {
    throw new Error('no connection');
  }
  return guarded;
}

test.each([false, true])(
  'honest bytes pass, and the end of the connection too (TLS: %p)',
  async (isTls) => {
    const port = await listen(isTls, (socket) => socket.end('+OK\r\n'));
    const { socket, guard } = await connect(isTls, port);
    guard.expect({ mostBytes: 5, sentAtMs: 0 });
    const received: string[] = [];
    socket.on('data', (bytes) => received.push(String(bytes)));
    socket.resume();
    await once(socket, 'close');
    expect(received.join('')).toBe('+OK\r\n');
  },
);

test.each([false, true])('no byte of a lie reaches the library (TLS: %p)', async (isTls) => {
  const port = await listen(isTls, (socket) => socket.write('*30000000\r\n'));
  const { socket, guard } = await connect(isTls, port);
  guard.expect({ mostBytes: 100, sentAtMs: 0 });
  const received: string[] = [];
  socket.on('data', (bytes) => received.push(String(bytes)));
  const [error] = (await once(socket, 'error')) as [Error];
  expect(error.message).toBe(
    'the server sent a reply that claims 120000000 bytes and may have 89 more',
  );
  expect(received).toEqual([]);
});

test('a certificate that is not trusted ends the connection', async () => {
  const port = await listen(true, () => undefined);
  const Connector = guardedConnector({ host: 'localhost', port, isTls: true }, () => undefined);
  const socket = await new Connector().connect();
  const [error] = (await once(socket, 'error')) as [Error];
  expect(error.message).toMatch(/certificate/);
});
