import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { ServerCredentials } from '@grpc/grpc-js';
import { formatCosts, formatPool, run } from '../../../src/cli/admin/admin.ts';
import { type AdminServer, startAdminServer } from '../../../src/server/admin/server.ts';
import { FakeClock } from '../../support/fakes/clock.ts';
import { setUpModels } from '../../support/serving/model-set-up.ts';
import { captureOutput } from '../../support/captured-output.ts';

const output = captureOutput();

const quiet = () => undefined;
let server: AdminServer;

beforeEach(async () => {
  const { set } = await setUpModels();
  server = await startAdminServer({
    address: '127.0.0.1:0',
    models: set,
    clock: new FakeClock(3_000),
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    credentials: ServerCredentials.createInsecure(),
    setLogLevel: () => 'info',
  });
});
afterEach(() => {
  server.close();
});

const admin = (...args: string[]) => run([...args, '--admin-address', server.address]);

test('pool prints a table of the replicas', async () => {
  expect(await admin('pool')).toBe(0);
  const lines = output.stdout.trimEnd().split('\n');
  expect(lines).toHaveLength(4);
  expect(lines[0]).toBe('model tiny (/first), fingerprint efefefefefef');
  expect(lines[1]).toMatch(/^slot +phase +for +threads +batches +running +queued +failures/);
  expect(lines[2]).toMatch(/^cpu#0 +ready +2 s +1 +0 +0 +0 ms +0$/);
});

test('resize prints its steps, then the pool', async () => {
  expect(await admin('resize', '3')).toBe(0);
  expect(output.stderr).toMatch(/s {2}cpu#2 is loading\n.*s {2}cpu#2 is ready\n.*s {2}done\n/);
  expect(output.stdout).toMatch(/^cpu#2 +ready/m);
});

test('quarantines a slot with a reason, releases it, and drains another', async () => {
  expect(await admin('quarantine', 'cpu#1', '--reason', 'too hot')).toBe(0);
  expect(output.stdout).toMatch(/^cpu#1 +quarantined .*too hot$/m);
  expect(await admin('release', 'cpu#1')).toBe(0);
  output.stdout = '';
  expect(await admin('drain', 'cpu#0', '--json')).toBe(0);
  expect(JSON.parse(output.stdout)).toMatchObject({
    replicas: [{ slot: 'cpu#1', phase: 'ready' }],
  });
});

test('sets the log level and prints the costs', async () => {
  expect(await admin('log-level', 'debug')).toBe(0);
  expect(output.stdout).toBe('log level debug, was info\n');
  expect(await admin('costs')).toBe(0);
  expect(output.stdout).toMatch(/^cpu#0 +\d+ +1\.00/m);
});

test('throws what the server refused, with its message', async () => {
  await expect(admin('drain', 'cuda:7')).rejects.toThrow(
    "DrainReplica: NOT_FOUND: no replica runs on 'cuda:7'; there are cpu#0, cpu#1",
  );
  await expect(admin('load-model', '/nowhere')).rejects.toThrow(/LoadModel: NOT_FOUND: /);
});

test.each([
  [[], 'an action is missing'],
  [['fly'], "no action 'fly'"],
  [['drain'], 'admin drain takes one argument, SLOT'],
  [['pool', 'all'], 'admin pool takes no argument'],
  [['resize', '1', '2'], 'admin resize takes one argument, COUNT or DEVICES'],
  [['pool', '--timeout', '-1'], '--timeout'],
])('refuses the arguments %j', async (args, message) => {
  const call = admin(...args);
  await expect(call).rejects.toMatchObject({ name: 'UsageError' });
  await expect(call).rejects.toThrow(message);
});

test('the pool shows a change in progress', () => {
  const pool = { model: 'm', folder: 'f', scoreFingerprint: 'abc', replicas: [] };
  expect(formatPool({ ...pool, change: 'resizing', drainingModels: 1 })).toMatch(
    /resizing is in progress\n1 other model\(s\) in memory\n/,
  );
});

test('before the first batch the costs are two empty tables', () => {
  expect(formatCosts({ kinds: [], replicas: [], encodeMs: [] })).toMatch(/^kind .*\n\nslot .*\n$/);
});
