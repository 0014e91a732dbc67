import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type HttpListener, listenHttp } from '../../../src/server/http/listener.ts';

const options = {
  address: '127.0.0.1:0',
  purpose: 'tests',
  advice: 'SLMRANK_TEST names another address',
  limits: {
    headerBytes: 8192,
    headersMs: 5000,
    requestMs: 10_000,
    idleMs: 30_000,
    maxConnections: 4,
  },
};
let listener: HttpListener;

beforeEach(async () => {
  listener = await listenHttp(options, (_request, response) => response.end('hello'));
});
afterEach(() => listener.close());

function openSocket(): Socket {
  const [host, port] = listener.address.split(':');
  return connect(Number(port), host).on('error', () => undefined);
}

async function expectAnswer(): Promise<void> {
  const answer = await fetch(`http://${listener.address}/`);
  expect([answer.status, await answer.text()]).toEqual([200, 'hello']);
}

test('headers over the limit are refused, and other clients are served', async () => {
  const socket = openSocket();
  let received = '';
  socket.on('data', (chunk) => {
    received += chunk.toString();
  });
  socket.write(`GET / HTTP/1.1\r\nhost: x\r\nx-long: ${'a'.repeat(100_000)}\r\n\r\n`);
  await new Promise((resolve) => socket.once('close', resolve));
  expect(received).not.toContain('200 OK');
  await expectAnswer();
});

test('a connection beyond the limit closes the oldest', async () => {
  const sockets: Socket[] = [];
  const closed: number[] = [];
  const isOldestClosed = new Promise<void>((resolve) => {
    const first = openSocket().once('close', () => resolve());
    sockets.push(first);
  });
  await new Promise((resolve) => sockets[0]?.once('connect', resolve));
  for (let i = 1; i <= options.limits.maxConnections; i++) {
    const socket = openSocket().once('close', () => closed.push(i));
    await new Promise((resolve) => socket.once('connect', resolve));
    sockets.push(socket);
  }
  await isOldestClosed;
  expect(closed).toEqual([]);
  await expectAnswer();
  sockets.forEach((socket) => socket.destroy());
});

test('a client that sends its next request before the answer is disconnected', async () => {
  let requests = 0;
  const silent = await listenHttp(options, () => {
    requests += 1;
  });
  const [host, port] = silent.address.split(':');
  const socket = connect(Number(port), host).on('error', () => undefined);
  socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n'.repeat(3));
  await new Promise((resolve) => socket.once('close', resolve));
  await silent.close();
  expect(requests).toBe(1);
});

test('an address in use is an error with the purpose and the advice', async () => {
  await expect(
    listenHttp({ ...options, address: listener.address }, () => undefined),
  ).rejects.toThrow(
    /^cannot listen on 127\.0\.0\.1:\d+ for tests: .*EADDRINUSE.*; SLMRANK_TEST names another address$/,
  );
});
