import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { findStartProblems } from '../../../src/cli/serve/start-problems.ts';
import { readConfig } from '../../../src/config/config.ts';
import { findCudaProblem } from '../../../src/engine/cuda-libraries.ts';
import { issueCertificate } from '../../support/raw-grpc/certificates.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const free = ['--address=127.0.0.1:0', '--admin-address=off', '--metrics-address=off'];
const authority = issueCertificate({ name: 'authority' });
const own = issueCertificate({ name: 'own', issuer: authority });
const other = issueCertificate({ name: 'other', issuer: authority });
const files = {
  'cert.pem': own.certPem,
  'key.pem': own.keyPem,
  'other.pem': other.keyPem,
  'model/manifest.json': '{}',
};

const taken = createServer();
let port = 0;
beforeAll(async () => {
  taken.listen(0, '127.0.0.1');
  await once(taken, 'listening');
  ({ port } = taken.address() as AddressInfo);
});
afterAll(() => void taken.close());

function problemsOf(argv: readonly string[], env: Record<string, string> = {}) {
  return findStartProblems(readConfig(env, argv).config);
}

test('finds nothing when the start can succeed, and leaves the addresses free', async () => {
  const dir = temporaryFolder(files);
  const argv = [
    ...free,
    `--model=${join(dir, 'model')}`,
    `--capture=${join(dir, 'new.jsonl')}`,
    `--tls-cert=${join(dir, 'cert.pem')}`,
    `--tls-key=${join(dir, 'key.pem')}`,
  ];
  expect(await problemsOf(argv)).toEqual([]);
  expect(await problemsOf(argv)).toEqual([]);
});

test('reports addresses in use, missing files and CUDA without its libraries together', async () => {
  const dir = temporaryFolder(files);
  const address = `127.0.0.1:${port}`;
  const argv = [
    `--address=${address}`,
    '--metrics-address=192.0.2.1:9464',
    '--admin-address=off',
    `--model=${dir}`,
    '--devices=cuda:0',
    `--capture=${join(dir, 'no/file')}`,
    `--tls-key=${join(dir, 'none.pem')}`,
    `--tls-client-ca=${join(dir, 'model/manifest.json')}`,
  ];
  const env = {
    SLMRANK_TLS_CERT: join(dir, 'gone.pem'),
    SLMRANK_API_KEYS: join(dir, 'keys.jsonl'),
  };
  expect(await problemsOf(argv, env)).toEqual([
    expect.stringMatching(
      /^--devices: .*libonnxruntime_providers_cuda\.so.*bench\/gpu\/place-cuda\.sh/,
    ),
    expect.stringContaining(`--model: ${dir} is not a built model: it has no manifest.json`),
    expect.stringMatching(/^--capture: '.*no\/file' cannot be written: .*ENOENT/),
    expect.stringMatching(/^SLMRANK_TLS_CERT: '.*gone\.pem' cannot be used: .*ENOENT/),
    expect.stringMatching(/^--tls-key: '.*none\.pem' cannot be used: .*ENOENT/),
    expect.stringMatching(/^--tls-client-ca: '.*manifest\.json' cannot be used: /),
    expect.stringMatching(/^SLMRANK_API_KEYS: '.*keys\.jsonl' cannot be read: .*ENOENT/),
    `--address: cannot listen on ${address}: another process already uses it (EADDRINUSE)`,
    "--metrics-address: cannot listen on 192.0.2.1:9464: this machine does not have the address (EADDRNOTAVAIL); 'off' for none",
  ]);
});

test('a key that is not the certificate is reported with both files', async () => {
  const dir = temporaryFolder(files);
  const [cert, key] = [join(dir, 'cert.pem'), join(dir, 'other.pem')];
  expect(await problemsOf([...free, `--tls-cert=${cert}`, `--tls-key=${key}`])).toEqual([
    `--tls-key: '${key}' is not the key of the certificate in '${cert}' (--tls-cert)`,
  ]);
});

test('refuses two addresses of which one includes the other', async () => {
  const spare = createServer().listen(0, '127.0.0.1');
  await once(spare, 'listening');
  const { port: own } = spare.address() as AddressInfo;
  spare.close();
  await once(spare, 'close');
  const argv = [
    `--address=0.0.0.0:${own}`,
    `--admin-address=127.0.0.1:${own}`,
    '--metrics-address=off',
  ];
  expect(await problemsOf(argv)).toEqual([
    `--admin-address: cannot listen on 127.0.0.1:${own}: another process already uses it (EADDRINUSE); 'off' for none`,
  ]);
});

test('ignores settings that could not be read', async () => {
  expect(
    await problemsOf([
      '--address=x',
      '--devices=tpu',
      '--admin-address=off',
      '--metrics-address=off',
    ]),
  ).toEqual([]);
});

test('the CUDA libraries are missing until all of them are there', () => {
  const [shared, cuda] = ['libonnxruntime_providers_shared.so', 'libonnxruntime_providers_cuda.so'];
  expect(findCudaProblem(temporaryFolder())).toContain(`${shared} and ${cuda}`);
  expect(findCudaProblem(temporaryFolder({ [shared]: '' }))).toContain(`missing: ${cuda} in `);
  expect(findCudaProblem(temporaryFolder({ [shared]: '', [cuda]: '' }))).toBeUndefined();
});
