import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { at } from '../../../src/base/at.ts';
import { keyLine } from '../../../src/cli/admin/key-new.ts';
import { createKey } from '../../../src/desk/access/api-keys.ts';
import { createRankingClient } from '../../../src/client/client.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { buildHfTiny } from '../../support/checkpoints/hf-tiny.ts';

const local = ['--address=127.0.0.1:0', '--admin-address=off', '--metrics-address=off'];
const main = fileURLToPath(new URL('../../../src/main.ts', import.meta.url));

/** The real program in a process of its own. */
function start(args: readonly string[]) {
  const child = spawn(process.execPath, ['--import', 'tsx', main, ...args], {
    env: { PATH: process.env['PATH'] },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const said = (pattern: RegExp) =>
    new Promise<void>((resolve) => {
      const look = () => pattern.test(errors) && resolve();
      child.stderr.on('data', look);
      look();
    });
  const lines: string[] = [];
  const stdout = createInterface({ input: child.stdout });
  stdout.on('line', (line) => lines.push(line));
  const ended = once(child, 'close').then(([status]) => ({
    status: status as number | null,
    out: lines.join('\n'),
    errors,
  }));
  const firstLine = once(stdout, 'line').then(([line]) => String(line));
  return { child, firstLine, said, ended };
}

describe('a start that cannot succeed ends with status 1 and one message', () => {
  test('naming every problem of the configuration', async () => {
    const { status, out, errors } = await start(['--linger-ms=x', '--nope=1']).ended;
    expect({ status, out }).toEqual({ status: 1, out: '' });
    expect(errors).toBe(
      "slmrank: the configuration has 2 problems:\n  --nope: no such setting\n  --linger-ms: 'x' ms; allowed are whole numbers, 0 to 1000\n",
    );
  });

  test('saying how to get a model when there is none', async () => {
    const dir = temporaryFolder();
    const { status, errors } = await start([...local, `--model=${dir}`]).ended;
    expect(status).toBe(1);
    expect(errors).toBe(
      `slmrank: the configuration has 1 problem:\n  --model: ${dir} is not a built model: it has no manifest.json. Build it with 'slmrank model build', give another folder, or none for the bundled model\n`,
    );
  });
});

test('--help prints the settings', async () => {
  const { status, out } = await start(['--help']).ended;
  expect(status).toBe(0);
  expect(out).toContain('  --token-budget, SLMRANK_TOKEN_BUDGET');
});

test('a tiny model is served until SIGTERM, which drains and ends with status 0', async () => {
  const dir = temporaryFolder();
  const { name, fingerprint } = await buildHfTiny('llama', dir);
  const { child, firstLine, ended } = start([
    '--address=127.0.0.1:0',
    '--admin-address=127.0.0.1:0',
    '--metrics-address=127.0.0.1:0',
    `--model=${dir}`,
    '--devices=cpu:2',
  ]);
  const ready = await Promise.race([firstLine, ended.then(({ errors }) => errors)]);
  expect(ready).toMatch(
    new RegExp(
      `^slmrank ready on 127\\.0\\.0\\.1:\\d+: model ${name} \\(fp32\\), fingerprint ${fingerprint.slice(0, 12)}, 2 replicas \\(cpu#0, cpu#1\\), `,
    ),
  );
  const client = createRankingClient(at(/on (\S+): /.exec(ready) ?? [], 1));
  const reply = await client.rank(
    { query: 'q', candidates: [{ text: 'a' }, { text: 'b' }] },
    20_000,
  );
  expect(reply.results).toHaveLength(2);
  client.close();
  child.kill('SIGTERM');
  const { status, out } = await ended;
  expect(status).toBe(0);
  expect(out).toBe(ready);
});

/** Until the process has a handler for the signal: its first line has run. */
async function hears({ pid = 0 }: ChildProcess, signal: number): Promise<void> {
  for (;;) {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const caught = BigInt(`0x${at(/^SigCgt:\s*(\w+)/m.exec(status) ?? [], 1)}`);
    if ((caught >> BigInt(signal - 1)) % 2n === 1n) {
      return;
    }
    await setTimeout(20);
  }
}

describe('signals', () => {
  let dir: string;
  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'slmrank-signals-'));
    await buildHfTiny('llama', join(dir, 'model'));
  });
  afterAll(() => rmSync(dir, { recursive: true }));

  const oneReplica = () => [...local, `--model=${join(dir, 'model')}`, '--devices=cpu:1'];

  test('SIGHUP reloads the keys, and does not end a server that is still starting', async () => {
    const [key, next] = [createKey(), createKey()];
    const keys = join(dir, 'keys');
    writeFileSync(keys, keyLine(key, { name: 'a' }));
    const { child, firstLine, said, ended } = start([...oneReplica(), `--api-keys=${keys}`]);
    await hears(child, constants.signals.SIGHUP);
    child.kill('SIGHUP');
    const ready = await Promise.race([firstLine, ended.then(({ errors }) => errors)]);
    await said(/"keys":1,"msg":"API keys reloaded"/);
    writeFileSync(keys, [key, next].map((each) => keyLine(each, { name: 'a' })).join('\n'));
    child.kill('SIGHUP');
    await said(/"keys":2,"msg":"API keys reloaded"/);
    expect(ready).toContain('slmrank ready on');
    child.kill('SIGTERM');
    expect((await ended).status).toBe(0);
  });

  test.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const)('%s while it loads ends it with a line and status %d', async (signal, status) => {
    const { child, said, ended } = start(oneReplica());
    await said(/cpu#0 is loading/);
    child.kill(signal);
    const { errors, ...end } = await ended;
    expect(end).toEqual({ status, out: '' });
    expect(errors).toContain(`"signal":"${signal}","msg":"stopped while loading`);
  });

  test('a second signal ends the process at once by that signal', async () => {
    const { child, said, ended } = start(oneReplica());
    await said(/cpu#0 is loading/);
    child.kill('SIGINT');
    await said(/"signal":"SIGINT","msg":"stopped while loading/);
    child.kill('SIGTERM');
    const { status } = await ended;
    // The load may have ended between the two.
    expect([child.signalCode, status]).toEqual(status === null ? ['SIGTERM', null] : [null, 130]);
  });

  test('SIGTERM before anything is loaded also ends it with a message', async () => {
    const { child, ended } = start([...local, `--model=${join(dir, 'model')}`]);
    // Node itself hears SIGTERM from the start; ours is there once SIGHUP is heard.
    await hears(child, constants.signals.SIGHUP);
    child.kill('SIGTERM');
    const { status, errors } = await ended;
    expect(status).toBe(143);
    expect(errors).toMatch(/SIGTERM while starting|"signal":"SIGTERM"/);
  });
});

test('serves, counts dropped lines and stops when both its outputs are on a full disk', async () => {
  const dir = temporaryFolder();
  await buildHfTiny('llama', dir);
  const free = createServer().listen(0, '127.0.0.1');
  await once(free, 'listening');
  const { port } = free.address() as AddressInfo;
  free.close();
  await once(free, 'close');
  const full = openSync('/dev/full', 'w');
  const child = spawn(
    process.execPath,
    [
      '--import',
      'tsx',
      main,
      '--address=127.0.0.1:0',
      '--admin-address=off',
      `--metrics-address=127.0.0.1:${port}`,
      `--model=${dir}`,
      '--devices=cpu:1',
    ],
    { env: { PATH: process.env['PATH'] }, stdio: ['ignore', full, full] },
  );
  closeSync(full);
  const ended = once(child, 'exit');
  const get = (path: string) => fetch(`http://127.0.0.1:${port}${path}`);
  while ((await get('/readyz').catch(() => undefined))?.status !== 200) {
    await setTimeout(100);
  }
  const metrics = await (await get('/metrics')).text();
  expect(metrics).toMatch(/^slmrank_log_lines_dropped_total [1-9]/m);
  child.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
});

test('does not start with weights that differ from the manifest', async () => {
  const dir = temporaryFolder();
  await buildHfTiny('llama', dir);
  const weights = join(dir, 'weights.bin');
  writeFileSync(weights, readFileSync(weights).fill(0));
  const { status, errors } = await start([...local, `--model=${dir}`]).ended;
  expect(status).toBe(1);
  expect(errors).toMatch(/^slmrank: .*weights\.bin has SHA-256 [0-9a-f]{64}; the manifest says /);
});

test('restores and serves a model that an unfinished build had moved', async () => {
  const root = temporaryFolder();
  const dir = join(root, 'm');
  await buildHfTiny('llama', dir);
  renameSync(dir, `${dir}.old-99999999`);
  const { child, firstLine, ended } = start([...local, `--model=${dir}`, '--devices=cpu:1']);
  await Promise.race([firstLine, ended]);
  child.kill('SIGTERM');
  const { status, errors } = await ended;
  expect(status).toBe(0);
  expect(errors).toContain(`slmrank: restored ${dir}, which an unfinished build had moved\n`);
});

test('reports an address in use with the other problems, before the model is read', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  const { status, errors } = await start([
    `--address=127.0.0.1:${port}`,
    '--admin-address=off',
    '--metrics-address=off',
    '--linger-ms=x',
    '--api-keys=/nowhere/keys',
    '--model=/nowhere',
  ]).ended;
  taken.close();
  expect(status).toBe(1);
  expect(errors.split('\n')).toEqual([
    'slmrank: the configuration has 4 problems:',
    expect.stringContaining('  --linger-ms: '),
    expect.stringContaining('  --model: /nowhere is not a built model'),
    expect.stringContaining("  --api-keys: '/nowhere/keys' cannot be read: ENOENT"),
    `  --address: cannot listen on 127.0.0.1:${port}: another process already uses it (EADDRINUSE)`,
    '',
  ]);
});
