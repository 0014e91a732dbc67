import { connect } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { startTestHttp, type TestHttp } from '../../../support/serving/test-http.ts';

let server: TestHttp;
afterEach(() => server.close());

const asked = { query: 'q', documents: ['a'] };

/** Sends bytes as they are; resolves to what came back until the server closed. */
async function sendRaw(bytes: string): Promise<string> {
  const [, host = '', port = ''] = /^http:\/\/(.+):(\d+)$/.exec(server.url) ?? [];
  const socket = connect(Number(port), host);
  let received = '';
  socket.on('data', (chunk) => (received += String(chunk)));
  socket.write(bytes);
  await new Promise((resolve) => socket.once('close', resolve).once('error', resolve));
  return received;
}

test('a body that is too long is refused by its length, before it is read', async () => {
  server = await startTestHttp({ 'request-bytes': '1024', 'text-bytes': '1000' });
  const body = JSON.stringify({ ...asked, documents: ['x'.repeat(2000)] });
  expect(await server.post('/v2/rerank', body)).toMatchObject({
    status: 413,
    body: { message: expect.any(String) },
  });
  const headers = 'host: a\r\ncontent-type: application/json\r\nconnection: close\r\n';
  const chunk = `7d0\r\n${'x'.repeat(2000)}\r\n0\r\n\r\n`;
  expect(
    await sendRaw(
      `POST /v2/rerank HTTP/1.1\r\n${headers}transfer-encoding: chunked\r\n\r\n${chunk}`,
    ),
  ).toMatch(/^HTTP\/1.1 413 /);
  expect(await server.post('/v2/rerank', asked)).toMatchObject({ status: 200 });
});

test('other content types are refused, and what is not JSON', async () => {
  server = await startTestHttp();
  expect(await server.post('/v2/rerank', asked, { 'content-type': 'text/plain' })).toMatchObject({
    status: 415,
    body: { message: 'the content type is text/plain; application/json is needed' },
  });
  expect(await server.post('/rerank', '{"texts":')).toMatchObject({
    status: 400,
    body: { error: expect.stringContaining('body is not JSON'), error_type: 'Validation' },
  });
});

test('an unknown path says where to look', async () => {
  server = await startTestHttp();
  expect(await server.get('/nothing')).toMatchObject({
    status: 404,
    body: { message: 'there is no GET /nothing; /openapi.json lists what there is' },
  });
});

test('headers that are too long, and bytes that are no HTTP', async () => {
  server = await startTestHttp({ 'metadata-bytes': '1024' });
  const long = `GET /health HTTP/1.1\r\nhost: a\r\nx: ${'y'.repeat(5000)}\r\n\r\n`;
  expect(await sendRaw(long)).toMatch(/^HTTP\/1.1 431 /);
  expect(await sendRaw('\u0016\u0003\u0001 no HTTP\r\n\r\n')).toMatch(/^HTTP\/1.1 400 /);
  expect(await server.get('/health')).toMatchObject({ status: 200 });
});

test('bytes in flight have a limit, which HTTP shares with gRPC', async () => {
  server = await startTestHttp({
    'request-bytes': '4096',
    'buffered-bytes': '4096',
    'text-bytes': '4000',
  });
  server.pipeline.holds = true;
  const text = 'x'.repeat(3000);
  const first = server.post('/v2/rerank', { ...asked, documents: [text] });
  await server.pipeline.arrived(1);
  expect(server.door.heldBytes).toBeGreaterThan(3000);
  expect(server.door.openCalls).toBe(1);
  expect(await server.post('/v2/rerank', { ...asked, documents: [text] })).toMatchObject({
    status: 429,
  });
  expect(server.door.refused.get('BYTES_IN_FLIGHT')).toBe(1);
  server.pipeline.ranked[0]?.reply();
  expect(await first).toMatchObject({ status: 200 });
  expect([server.door.heldBytes, server.door.openCalls]).toEqual([0, 0]);
});

test('before the model is warm, health and requests say so', async () => {
  server = await startTestHttp({}, { cold: true });
  expect(await server.get('/health')).toMatchObject({ status: 503 });
  const { status, headers } = await server.post('/v2/rerank', asked);
  expect([status, headers.get('retry-after')]).toEqual([503, '1']);
  server.pipeline.becomeWarm();
  await server.ready;
  expect(await server.get('/health')).toMatchObject({ status: 200 });
});

test('a stop answers what was admitted', async () => {
  server = await startTestHttp();
  server.pipeline.holds = true;
  const answer = server.post('/v2/rerank', asked);
  await server.pipeline.arrived(1);
  const stopped = server.stop();
  server.pipeline.ranked[0]?.reply();
  expect(await answer).toMatchObject({ status: 200 });
  expect(await stopped).toBe(true);
  await expect(server.get('/health')).rejects.toThrow();
});

test('connections have the limit of gRPC, of which one address may have half', async () => {
  server = await startTestHttp({ connections: '8' });
  const [, host = '', port = ''] = /^http:\/\/(.+):(\d+)$/.exec(server.url) ?? [];
  const sockets = Array.from({ length: 12 }, () => connect(Number(port), host));
  const closed = sockets.map((socket) => new Promise((resolve) => socket.once('close', resolve)));
  await Promise.race(closed);
  expect(server.door.openConnections).toBeLessThanOrEqual(8);
  sockets.forEach((socket) => socket.destroy());
  await Promise.all(closed);
});

test('warns of plain text on an address that others may reach', async () => {
  server = await startTestHttp({ 'http-address': '0.0.0.0:0' });
  expect(server.logLines.join()).toContain('plain text on an address that others may reach');
});
