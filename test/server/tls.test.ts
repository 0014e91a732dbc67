import { execFileSync } from 'node:child_process';
import { rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type ChannelCredentials,
  Client,
  credentials,
  Metadata,
  type ServiceError,
  status,
} from '@grpc/grpc-js';
import { afterEach, expect, test } from '@jest/globals';
import { createRankingClient } from '../../src/client/client.ts';
import { openTrust } from '../../src/client/client-credentials.ts';
import { issueCertificate } from '../support/raw-grpc/certificates.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import {
  failureOf,
  methodOf,
  startTestServer,
  type TestServer,
  unary,
} from '../support/serving/test-server.ts';

const authority = issueCertificate({ name: 'authority' });
const first = issueCertificate({ name: 'first', dns: ['localhost'], issuer: authority });
const second = issueCertificate({ name: 'second', dns: ['localhost'], issuer: authority });
const searcher = issueCertificate({
  name: 'searcher',
  uris: ['spiffe://test/searcher'],
  issuer: authority,
});
const impostor = issueCertificate({ name: 'authority' });
const strange = issueCertificate({ name: 'strange', issuer: impostor });

const rankRequest = { query: 'q', candidates: [{ text: 'x' }] };
const method = methodOf('slmrank.v1.RankingService', 'Rank');
const clients: Client[] = [];
let server: TestServer | undefined;
afterEach(async () => {
  clients.splice(0).forEach((client) => client.close());
  await server?.close();
  server = undefined;
});

function folderOf({ certPem, keyPem } = first): string {
  return temporaryFolder({ 'cert.pem': certPem, 'key.pem': keyPem, 'ca.pem': authority.certPem });
}

function settingsOf(folder: string): Record<string, string> {
  return { 'tls-cert': join(folder, 'cert.pem'), 'tls-key': join(folder, 'key.pem') };
}

async function rankWith(channel: ChannelCredentials, metadata = new Metadata()) {
  const target = `localhost:${server?.address.split(':').at(-1) ?? ''}`;
  const client = new Client(target, channel, {
    'grpc.enable_retries': 0,
    'grpc.use_local_subchannel_pool': 1,
  });
  clients.push(client);
  return await unary(client, method, rankRequest, {
    metadata,
    options: { deadline: Date.now() + 5000 },
  });
}

const trusting = () => credentials.createSsl(Buffer.from(authority.certPem));
const certified = ({ certPem, keyPem } = searcher) =>
  credentials.createSsl(Buffer.from(authority.certPem), Buffer.from(keyPem), Buffer.from(certPem));

/** The name in the certificate that new connections get. */
async function shownName(): Promise<string> {
  let shown = '';
  const ssl = credentials.createSsl(Buffer.from(authority.certPem), null, null, {
    checkServerIdentity: (_host, { subject }) => {
      shown = String(subject.CN);
      return undefined;
    },
  });
  await rankWith(ssl);
  return shown;
}

test('serves over TLS, and not in plain text on the same port', async () => {
  server = await startTestServer(settingsOf(folderOf()));
  expect(await rankWith(trusting())).toMatchObject({ model: 'tiny' });
  const failure = await failureOf(rankWith(credentials.createInsecure()));
  expect(failure.code).toBe(status.UNAVAILABLE);
});

test('a reload serves new connections with the new certificate', async () => {
  const folder = folderOf();
  server = await startTestServer(settingsOf(folder));
  expect(await shownName()).toBe('first');
  writeFileSync(join(folder, 'cert.pem'), second.certPem);
  writeFileSync(join(folder, 'key.pem'), second.keyPem);
  server.reload();
  expect(await shownName()).toBe('second');
  expect(server.logLines.join()).toContain('TLS certificate reloaded');
});

test('a half renewed pair is logged, and the previous certificate stays in use', async () => {
  const folder = folderOf();
  server = await startTestServer(settingsOf(folder));
  writeFileSync(join(folder, 'cert.pem'), second.certPem);
  server.reload();
  expect(server.logLines.join()).toMatch(
    /not reloaded.*is not the key of|is not the key of.*not reloaded/,
  );
  expect(await shownName()).toBe('first');
  rmSync(join(folder, 'cert.pem'));
  server.reload();
  expect(await shownName()).toBe('first');
  writeFileSync(join(folder, 'cert.pem'), second.certPem);
  writeFileSync(join(folder, 'key.pem'), second.keyPem);
  server.reload();
  expect(await shownName()).toBe('second');
});

test.each(['cert.pem', 'key.pem', 'ca.pem'])(
  'a %s that becomes a pipe or endless is not waited for',
  async (name) => {
    const folder = folderOf();
    const file = join(folder, name);
    const settings = { ...settingsOf(folder), 'tls-client-ca': join(folder, 'ca.pem') };
    server = await startTestServer(settings);
    rmSync(file);
    execFileSync('mkfifo', [file]);
    server.reload();
    await expect(startTestServer(settings)).rejects.toThrow(
      /^--tls-[\w-]+: '.*' cannot be used: .* is a pipe; a file is needed$/,
    );
    rmSync(file);
    writeFileSync(file, '');
    truncateSync(file, 2 ** 31);
    server.reload();
    expect(server.logLines.filter((line) => line.includes('not reloaded'))).toEqual([
      expect.stringContaining('is a pipe; a file is needed'),
      expect.stringContaining('has 2147483648 bytes; at most 4194304 are allowed'),
    ]);
    expect(await rankWith(certified())).toMatchObject({ model: 'tiny' });
  },
);

test('mutual TLS lets in only certificates of the authority, which name the client', async () => {
  const folder = folderOf();
  server = await startTestServer({
    ...settingsOf(folder),
    'tls-client-ca': join(folder, 'ca.pem'),
  });
  const metadata = new Metadata();
  metadata.set('x-client-id', 'somebody else');
  expect(await rankWith(certified(), metadata)).toMatchObject({ model: 'tiny' });
  expect(server.pipeline.ranked[0]?.call.client).toBe('spiffe://test/searcher');
  expect((await failureOf(rankWith(trusting()))).code).toBe(status.UNAVAILABLE);
  expect((await failureOf(rankWith(certified(strange)))).code).toBe(status.UNAVAILABLE);
  expect(server.pipeline.ranked).toHaveLength(1);
});

test('the server does not start with unusable files, and names their settings', async () => {
  const folder = folderOf();
  const mixed = temporaryFolder({ 'key.pem': second.keyPem, 'text.pem': 'no certificate' });
  const settings = settingsOf(folder);
  await expect(startTestServer({ ...settings, 'tls-key': join(mixed, 'key.pem') })).rejects.toThrow(
    /^--tls-key: '.*' is not the key of the certificate in '.*' \(--tls-cert\)$/,
  );
  await expect(startTestServer({ ...settings, 'tls-cert': join(mixed, 'gone') })).rejects.toThrow(
    /^--tls-cert: '.*' cannot be used: .*ENOENT/,
  );
  await expect(
    startTestServer({ ...settings, 'tls-client-ca': join(mixed, 'text.pem') }),
  ).rejects.toThrow(/^--tls-client-ca: '.*' cannot be used: /);
});

test('settings that need each other are refused by name', async () => {
  const { 'tls-cert': cert = '', 'tls-key': key = '' } = settingsOf(folderOf());
  await expect(startTestServer({ 'tls-cert': cert })).rejects.toThrow(
    '--tls-cert is given without --tls-key',
  );
  await expect(startTestServer({ 'tls-key': key })).rejects.toThrow(
    '--tls-key is given without --tls-cert',
  );
  await expect(startTestServer({ 'tls-client-ca': cert })).rejects.toThrow(
    '--tls-client-ca is given without --tls-cert and --tls-key',
  );
});

test('a certificate that expires soon is served with a warning', async () => {
  const old = issueCertificate({
    name: 'old',
    dns: ['localhost'],
    issuer: authority,
    validDays: 5,
  });
  server = await startTestServer(settingsOf(folderOf(old)));
  expect(server.logLines.join()).toContain('expires within 14 days');
});

test('plain text causes a warning, except on loopback addresses', async () => {
  server = await startTestServer({ address: '0.0.0.0:0' });
  expect(server.logLines.join()).toContain('plain text on an address that others may reach');
  await server.close();
  server = await startTestServer();
  expect(server.logLines.join()).not.toContain('plain text');
});

test('our own commands use TLS, with a client certificate where one is required', async () => {
  const folder = folderOf();
  const own = temporaryFolder({ 'cert.pem': searcher.certPem, 'key.pem': searcher.keyPem });
  const ca = join(folder, 'ca.pem');
  server = await startTestServer({ ...settingsOf(folder), 'tls-client-ca': ca });
  const known = { ca, cert: join(own, 'cert.pem'), key: join(own, 'key.pem') };
  const client = createRankingClient(server.address, { ...known, serverName: 'localhost' });
  expect(await client.checkHealth('', 5000)).toBe('SERVING');
  client.close();
  const unknown = createRankingClient(server.address, { ca, serverName: 'localhost' });
  await expect(unknown.checkHealth('', 5000)).rejects.toThrow('UNAVAILABLE');
  unknown.close();
});

test('incomplete TLS options are refused', () => {
  expect(() => openTrust({ ca: 'a', cert: 'b' })).toThrow('are given together or not at all');
  expect(() => openTrust({ cert: 'b', key: 'c' })).toThrow("needs the server's authority too");
  expect(() => openTrust({ serverName: 'b' })).toThrow("needs the server's authority too");
  expect(() => openTrust({ ca: '/nowhere/ca.pem' })).toThrow('ENOENT');
});

test('a new authority ends the streams and connections that the previous one let in', async () => {
  const folder = folderOf();
  const settings = settingsOf(folder);
  settings['tls-client-ca'] = join(folder, 'ca.pem');
  server = await startTestServer(settings);
  const target = `localhost:${server.address.split(':').at(-1) ?? ''}`;
  const client = new Client(target, certified(), {
    'grpc.enable_retries': 0,
    'grpc.use_local_subchannel_pool': 1,
  });
  clients.push(client);
  const stream = methodOf('slmrank.v1.RankingService', 'RankStream');
  const call = client.makeBidiStreamRequest(
    ...([stream.path, stream.requestSerialize, stream.responseDeserialize] as const),
  );
  const ended = new Promise<ServiceError>((resolve) => call.on('error', resolve));
  const answered = new Promise((resolve) => call.on('data', resolve));
  call.write({ ...rankRequest, request_id: '1' });
  await answered;
  server.reload();
  writeFileSync(join(folder, 'ca.pem'), impostor.certPem);
  server.reload();
  expect(await ended).toMatchObject({
    code: status.UNAVAILABLE,
    details: 'the authority of client certificates has changed; connect again',
  });
  const options = { metadata: new Metadata(), options: { deadline: Date.now() + 5000 } };
  await expect(unary(client, method, rankRequest, options)).rejects.toMatchObject({
    code: status.UNAVAILABLE,
  });
});
