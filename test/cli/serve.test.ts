import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { createRankingClient } from '../../src/server/client.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { buildHfTiny } from '../support/hf-tiny.ts';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

/** The real program in a process of its own. */
function start(args: readonly string[]) {
  const child = spawn(process.execPath, ['--import', 'tsx', main, ...args], {
    env: { PATH: process.env['PATH'] },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  const stdout = createInterface({ input: child.stdout });
  stdout.on('line', (line) => lines.push(line));
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const ended = once(child, 'close').then(([status]) => ({
    status: status as number | null,
    out: lines.join('\n'),
    errors,
  }));
  return { child, firstLine: once(stdout, 'line').then(([line]) => String(line)), ended };
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
    const { status, errors } = await start([`--model=${dir}`]).ended;
    expect(status).toBe(1);
    expect(errors).toBe(
      `slmrank: ${dir} is not a built model: it has no manifest.json. Build one with 'slmrank model build', name another folder with --model (SLMRANK_MODEL), or name none for the bundled model.\n`,
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
    ...['--address=127.0.0.1:0', '--admin-address=127.0.0.1:0', '--metrics-address=127.0.0.1:0'],
    ...[`--model=${dir}`, '--devices=cpu:2'],
  ]);
  const ready = await Promise.race([firstLine, ended.then(({ errors }) => errors)]);
  expect(ready).toMatch(
    new RegExp(
      `^slmrank ready on 127\\.0\\.0\\.1:\\d+: model ${name} \\(fp32\\), fingerprint ${fingerprint.slice(0, 12)}, 2 replicas \\(cpu#0, cpu#1\\), `,
    ),
  );
  const client = createRankingClient(/on (\S+): /.exec(ready)?.[1] ?? '');
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

test('an address that is taken ends the start, also once the model is loaded', async () => {
  const dir = temporaryFolder();
  await buildHfTiny('llama', dir);
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  const { status, errors } = await start([
    ...[`--address=127.0.0.1:${port}`, '--admin-address=off', '--metrics-address=off'],
    ...[`--model=${dir}`, '--devices=cpu:1', '--log-level=silent'],
  ]).ended;
  taken.close();
  expect(status).toBe(1);
  expect(errors).toMatch(new RegExp(`^slmrank: cannot listen on 127\\.0\\.0\\.1:${port}: `, 'm'));
});
