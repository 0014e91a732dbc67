import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ServerCredentials } from '@grpc/grpc-js';
import { at } from '../../../src/base/at.ts';
import { RankError } from '../../../src/base/errors.ts';
import { run } from '../../../src/cli/admin/admin.ts';
import { parseServers } from '../../../src/cli/admin/roll.ts';
import { type AdminServer, startAdminServer } from '../../../src/server/admin/server.ts';
import { captureOutput } from '../../support/captured-output.ts';
import { issueCertificate } from '../../support/raw-grpc/certificates.ts';
import { FakeClock } from '../../support/fakes/clock.ts';
import { setUpModels } from '../../support/serving/model-set-up.ts';
import {
  startTestServer,
  testManifest,
  type TestServer,
} from '../../support/serving/test-server.ts';

const output = captureOutput();
const quiet = () => undefined;
const next = 'ab'.repeat(32);

interface OneServer {
  readonly admin: AdminServer;
  readonly folder: () => string;
}

/**
 * `broken` folders fail their verification on this server, `odd` ones have another model there, and
 * `slow` ones are never verified.
 */
async function startOne(
  broken: readonly string[],
  odd: readonly string[] = [],
  slow: readonly string[] = [],
): Promise<OneServer> {
  const opened = await setUpModels('cpu:1', (folder) => {
    if (slow.includes(folder)) {
      return new Promise(() => undefined);
    }
    if (broken.includes(folder)) {
      throw new RankError('invalid-argument', `${folder}/weights.bin has another SHA-256`);
    }
    const { fingerprint: first } = testManifest;
    const fingerprint = odd.includes(folder) ? 'cd'.repeat(32) : folder === '/new' ? next : first;
    setImmediate(() => opened.models.at(-1)?.pipeline.becomeWarm());
    return Promise.resolve({
      manifest: { ...testManifest, fingerprint },
      files: new Map(),
    } as never);
  });
  const admin = await startAdminServer({
    address: '127.0.0.1:0',
    models: opened.set,
    clock: new FakeClock(),
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    credentials: ServerCredentials.createInsecure(),
    setLogLevel: () => 'info',
  });
  return { admin, folder: () => opened.set.view().folder };
}

let servers: OneServer[] = [];
let healthy: TestServer;
beforeEach(async () => {
  healthy = await startTestServer();
});
afterEach(async () => {
  servers.forEach(({ admin }) => admin.close());
  servers = [];
  await healthy.close();
});

const addresses = () => servers.map(({ admin }) => admin.address);
const folders = () => servers.map(({ folder }) => folder());
const roll = (...more: string[]) =>
  run(['load-model', '/new', '--servers', addresses().join(','), ...more]);

describe('admin load-model --servers', () => {
  test('loads the model on one server after the other, and says what each does', async () => {
    servers = [await startOne([]), await startOne([])];
    const [first = '', second = ''] = addresses();
    expect(
      await run([
        'load-model',
        '/new',
        '--pause',
        '0.01',
        '--servers',
        `${first}=${healthy.address}, ${second}`,
      ]),
    ).toBe(0);
    expect(folders()).toEqual(['/new', '/new']);
    expect(output.stdout).toBe(`2 servers serve /new, score fingerprint ${next}\n`);
    const steps = output.stderr.split('\n').map((line) => line.replace(/^ *\d+\.\d s {2}/, ''));
    const places = [
      `${first}  has tiny, efefefefefef`,
      `${second}  has tiny, efefefefefef`,
      `${first}  verifying`,
      `${first}  serves abababababab (1 of 2)`,
      `${second}  verifying`,
      `${second}  serves abababababab (2 of 2)`,
    ].map((step) => steps.indexOf(step));
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(Math.min(...places)).toBe(0);
  });

  test('stops at the first failure, and says which servers have the new model', async () => {
    servers = [await startOne([]), await startOne(['/new']), await startOne([])];
    await expect(roll()).rejects.toThrow(
      `${at(addresses(), 1)}: LoadModel: INVALID_ARGUMENT: /new/weights.bin has another SHA-256; ` +
        `the upgrade stopped here: the new model is on ${at(addresses(), 0)}; --undo would put the former one back`,
    );
    expect(folders()).toEqual(['/new', '/first', '/first']);
  });

  test('with --undo puts the former model back', async () => {
    servers = [await startOne([]), await startOne([]), await startOne(['/new'])];
    const changed = addresses().slice(0, 2).join(', ');
    await expect(roll('--undo')).rejects.toThrow(`the former model is back on ${changed}`);
    expect(folders()).toEqual(['/first', '/first', '/first']);
  });

  test('says so when the former model cannot be put back', async () => {
    servers = [await startOne(['/first']), await startOne(['/new'])];
    await expect(roll('--undo')).rejects.toThrow(
      `/first could not be put back on ${at(addresses(), 0)}: LoadModel: INVALID_ARGUMENT: `,
    );
  });

  test('stops at a server whose folder has another model', async () => {
    servers = [await startOne([]), await startOne([], ['/new'])];
    await expect(roll('--undo')).rejects.toThrow(
      'its folder has another model: score fingerprint cdcdcdcdcdcd, and abababababab on ' +
        `${at(addresses(), 0)}; the former model is back on ${addresses().join(', ')}`,
    );
  });

  test('changes nothing when the first one refuses, or one does not answer', async () => {
    servers = [await startOne(['/new']), await startOne([])];
    await expect(roll()).rejects.toThrow('another SHA-256; no server was changed');
    at(servers, 1).admin.close();
    await expect(roll('--timeout', '2')).rejects.toThrow(
      /^127\.0\.0\.1:\d+: GetPoolState: (UNAVAILABLE|DEADLINE).*; no server was changed$/,
    );
    expect(folders()).toEqual(['/first', '/first']);
  });

  test('Control-C ends the roll before the next server, and the message names both kinds', async () => {
    servers = [await startOne([]), await startOne([])];
    const rolling = roll('--pause', '60');
    while (!output.stderr.includes('(1 of 2)')) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    process.emit('SIGINT');
    expect(await rolling).toBe(130);
    expect(output.stderr).toContain(
      'Stopping before the next server; Control-C again ends at once',
    );
    const [first = '', second = ''] = addresses();
    expect(output.stdout).toBe(
      `the upgrade stopped here: the new model is on ${first}, and not on ${second}\n`,
    );
    expect(folders()).toEqual(['/new', '/first']);
  });

  test('says so when a server may still load the model', async () => {
    servers = [await startOne([]), await startOne([], [], ['/new'])];
    const [first = '', second = ''] = addresses();
    await expect(roll('--timeout', '1')).rejects.toThrow(
      `${second} may still load the model ('slmrank admin pool --admin-address ${second}' tells); ` +
        `besides, the upgrade stopped here: the new model is on ${first}`,
    );
  });

  test('a server that has the model already loads it again', async () => {
    servers = [await startOne([]), await startOne([])];
    expect(await roll()).toBe(0);
    expect(await roll()).toBe(0);
    expect(folders()).toEqual(['/new', '/new']);
  });

  test('TLS options against a server without TLS get a hint', async () => {
    servers = [await startOne([])];
    const folder = mkdtempSync(join(tmpdir(), 'slmrank-roll-'));
    const ca = join(folder, 'ca.pem');
    writeFileSync(ca, issueCertificate({ name: 'an authority' }).certPem);
    await expect(roll('--timeout', '2', '--tls-ca', ca)).rejects.toThrow(
      `${at(addresses(), 0)} does not speak TLS: leave the --tls options out; no server was changed`,
    );
    rmSync(folder, { recursive: true });
  });

  test('waits for the health of the data address', async () => {
    servers = [await startOne([])];
    const cold = await startTestServer({}, { cold: true });
    const list = `${at(addresses(), 0)}=${cold.address}`;
    await expect(run(['load-model', '/new', '--servers', list, '--timeout', '1'])).rejects.toThrow(
      `${cold.address} is not healthy: NOT_SERVING`,
    );
    await cold.close();
  });
});

test.each([
  ['10.0.0.1', "--servers has '10.0.0.1'; HOST:PORT of an admin address"],
  ['a:1=b', "--servers has 'a:1=b'"],
  ['a:1=b:2=c:3', "--servers has 'a:1=b:2=c:3'"],
  ['a:1,b:1,a:1', '--servers has a:1 twice'],
  ['a:65536', "--servers has 'a:65536'"],
  ['a:1,,b:1', "--servers has ''; HOST:PORT"],
])('refuses the list %s', (text, message) => {
  expect(() => parseServers(text)).toThrow(message);
});

test.each([[['--json']], [['--admin-address', 'b:1']]])(
  'refuses --servers with %j',
  async (more) => {
    await expect(run(['load-model', '/new', '--servers', 'a:1', ...more])).rejects.toThrow(
      '--servers goes without --admin-address and --json',
    );
  },
);

test.each([[['pool', '--servers', 'a:1']], [['load-model', '/new', '--undo']]])(
  'refuses %j',
  async (args) => {
    await expect(run(args)).rejects.toThrow(
      '--servers belongs to load-model, and --pause and --undo belong to --servers',
    );
  },
);
