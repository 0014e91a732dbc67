import { writeFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { createKey, hashKey } from '../../../../src/desk/access/api-keys.ts';
import { issueCertificate } from '../../../support/raw-grpc/certificates.ts';
import { startTestHttp, type TestHttp } from '../../../support/serving/test-http.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

let server: TestHttp;
afterEach(() => server.close());

const asked = { query: 'q', documents: ['a'] };

test('keys are needed as on gRPC, with Bearer or bare, and name the client', async () => {
  const key = createKey();
  const line = JSON.stringify({ name: 'search', sha256: hashKey(key).toString('hex') });
  const file = join(temporaryFolder({ keys: line }), 'keys');
  server = await startTestHttp({ 'api-keys': file });
  const refused = await server.post('/v2/rerank', asked);
  expect(refused).toMatchObject({ status: 401, body: { error: { type: 'API_KEY_INVALID' } } });
  expect(refused.headers.get('www-authenticate')).toBe('Bearer');
  expect(server.door.refused.get('API_KEY_INVALID')).toBe(1);
  for (const authorization of [key, `Bearer ${key}`]) {
    const headers = { authorization, 'x-client-id': 'another' };
    expect(await server.post('/v2/rerank', asked, headers)).toMatchObject({ status: 200 });
  }
  expect(server.pipeline.ranked.map(({ call }) => call.client)).toEqual(['search', 'search']);
  expect(await server.get('/health')).toMatchObject({ status: 200 });
  expect(await server.get('/info')).toMatchObject({ status: 401 });
  expect(server.logLines.join()).not.toContain(key);
});

const authority = issueCertificate({ name: 'authority' });
const first = issueCertificate({ name: 'first', dns: ['localhost'], issuer: authority });
const second = issueCertificate({ name: 'second', dns: ['localhost'], issuer: authority });
const searcher = issueCertificate({
  name: 'searcher',
  uris: ['spiffe://test/searcher'],
  issuer: authority,
});

interface TlsAnswer {
  readonly status: number;
  /** The name in the server's certificate; empty for a session that is resumed. */
  readonly shown: string;
  readonly isNewConnection: boolean;
}

interface TlsOptions {
  readonly cert?: string;
  readonly key?: string;
  readonly agent?: Agent;
}

function askTls(options: TlsOptions): Promise<TlsAnswer> {
  const port = Number(server.httpAddress?.split(':').at(-1));
  return new Promise((resolve, reject) => {
    let shown = '';
    const sent = request(
      {
        host: '127.0.0.1',
        servername: 'localhost',
        port,
        path: '/v2/rerank',
        method: 'POST',
        ca: authority.certPem,
        agent: false,
        headers: { 'content-type': 'application/json' },
        checkServerIdentity: (_host, { subject }) => {
          shown = String(subject.CN);
          return undefined;
        },
        ...options,
      },
      (response) => {
        response.resume();
        response.once('end', () =>
          resolve({ status: response.statusCode ?? 0, shown, isNewConnection: !sent.reusedSocket }),
        );
      },
    );
    sent.once('error', reject);
    sent.end(JSON.stringify(asked));
  });
}

test('TLS with the certificates of gRPC, which are read again', async () => {
  const folder = temporaryFolder({ 'cert.pem': first.certPem, 'key.pem': first.keyPem });
  server = await startTestHttp({
    'tls-cert': join(folder, 'cert.pem'),
    'tls-key': join(folder, 'key.pem'),
  });
  expect(await askTls({})).toMatchObject({ status: 200, shown: 'first' });
  writeFileSync(join(folder, 'cert.pem'), second.certPem);
  writeFileSync(join(folder, 'key.pem'), second.keyPem);
  server.reload();
  expect(await askTls({})).toMatchObject({ status: 200, shown: 'second' });
});

test('client certificates name the client', async () => {
  const folder = temporaryFolder({
    'cert.pem': first.certPem,
    'key.pem': first.keyPem,
    'ca.pem': authority.certPem,
  });
  server = await startTestHttp({
    'tls-cert': join(folder, 'cert.pem'),
    'tls-key': join(folder, 'key.pem'),
    'tls-client-ca': join(folder, 'ca.pem'),
  });
  await expect(askTls({})).rejects.toThrow();
  expect(await askTls({ cert: searcher.certPem, key: searcher.keyPem })).toMatchObject({
    status: 200,
  });
  expect(server.pipeline.ranked[0]?.call.client).toBe('spiffe://test/searcher');
});

test('a connection that the new certificate was not shown to is closed behind its next answer', async () => {
  const folder = temporaryFolder({ 'cert.pem': first.certPem, 'key.pem': first.keyPem });
  server = await startTestHttp({
    'tls-cert': join(folder, 'cert.pem'),
    'tls-key': join(folder, 'key.pem'),
  });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  server.pipeline.holds = true;
  const answer = askTls({ agent });
  await server.pipeline.arrived(1);
  writeFileSync(join(folder, 'cert.pem'), second.certPem);
  writeFileSync(join(folder, 'key.pem'), second.keyPem);
  server.reload();
  server.pipeline.ranked[0]?.reply();
  server.pipeline.holds = false;
  expect(await answer).toMatchObject({ status: 200, shown: 'first' });
  expect(await askTls({ agent })).toMatchObject({ status: 200, isNewConnection: true });
  expect(await askTls({ agent })).toMatchObject({ status: 200, isNewConnection: false });
  agent.destroy();
});
