import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, expect, test } from '@jest/globals';
import { run as admin } from '../../src/cli/admin/admin.ts';
import { run as health } from '../../src/cli/admin/health.ts';
import { createRankingClient } from '../../src/client/client.ts';
import { answersTls } from '../../src/client/explain-failure.ts';
import { issueCertificate } from '../support/raw-grpc/certificates.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { startTestServer, type TestServer } from '../support/serving/test-server.ts';

const authority = issueCertificate({ name: 'authority' });
const own = issueCertificate({ name: 'own', addresses: ['127.0.0.1'], issuer: authority });
/** The settings of a server with TLS, and the file of its authority. */
function tlsFiles() {
  const folder = temporaryFolder({
    'cert.pem': own.certPem,
    'key.pem': own.keyPem,
    'ca.pem': authority.certPem,
  });
  const tls = { 'tls-cert': join(folder, 'cert.pem'), 'tls-key': join(folder, 'key.pem') };
  return { tls, ca: join(folder, 'ca.pem') };
}

let server: TestServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

test.each([
  ['health', health, '--address'],
  ['admin', (args: readonly string[]) => admin(['pool', ...args]), '--admin-address'],
] as const)('slmrank %s in plain text on a port of TLS is told to use it', async (_, run, flag) => {
  server = await startTestServer(tlsFiles().tls);
  const timeout = flag === '--address' ? '--timeout=1500' : '--timeout=1.5';
  await expect(run([`${flag}=${server.address}`, timeout])).rejects.toThrow(
    `; ${server.address} speaks TLS: give --tls-ca FILE, the authority of its certificate`,
  );
});

test('a port that asks for a client certificate speaks TLS too', async () => {
  const { tls, ca } = tlsFiles();
  server = await startTestServer({ ...tls, 'tls-client-ca': ca });
  expect(await answersTls(server.address)).toBe(true);
});

test('TLS to a port of plain text is explained', async () => {
  server = await startTestServer();
  const run = health([
    `--address=${server.address}`,
    '--timeout=1500',
    `--tls-ca=${tlsFiles().ca}`,
  ]);
  await expect(run).rejects.toThrow(
    `${server.address} does not speak TLS: leave the --tls options`,
  );
});

test('a port without a listener is not explained', async () => {
  const gone = createServer().listen(0, '127.0.0.1');
  await once(gone, 'listening');
  const address = `127.0.0.1:${(gone.address() as AddressInfo).port}`;
  gone.close();
  await once(gone, 'close');
  expect(await answersTls(address)).toBeUndefined();
});

test('an address in place of a name is compared with the certificate', async () => {
  const { tls, ca } = tlsFiles();
  server = await startTestServer(tls);
  const client = createRankingClient(server.address, { ca });
  expect(await client.checkHealth('', 5000)).toBe('SERVING');
  client.close();
  const stranger = createRankingClient(server.address.replace('127.0.0.1', '127.0.0.2'), { ca });
  await expect(stranger.checkHealth('', 1500)).rejects.toThrow(/UNAVAILABLE|DEADLINE_EXCEEDED/);
  stranger.close();
});

test('the command in a process of its own prints the state and nothing else', async () => {
  const { tls, ca } = tlsFiles();
  server = await startTestServer(tls);
  const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [
    '--import',
    'tsx',
    main,
    'health',
    `--address=${server.address}`,
    `--tls-ca=${ca}`,
  ]);
  expect({ stdout, stderr }).toEqual({ stdout: 'SERVING\n', stderr: '' });
});
