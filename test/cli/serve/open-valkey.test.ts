import { afterEach, expect, test } from '@jest/globals';
import { join } from 'node:path';
import { type OpenValkey, openValkey } from '../../../src/cli/serve/open-valkey.ts';
import { findStartProblems } from '../../../src/cli/serve/start-problems.ts';
import { createLog, LineWriter } from '../../../src/observe/log.ts';
import { readConfig } from '../../../src/config/config.ts';
import { fleetName } from '../../../src/valkey/seal.ts';
import { FakeValkey } from '../../support/valkey/fake-valkey.ts';
import { until } from '../../support/valkey/until.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const secret = 'f'.repeat(64);
const contents = { secret: `${secret}\n`, short: 'abc\n', password: 'hunter2\n' };
const lines: { readonly level: number; readonly msg: string }[] = [];
const writer = new LineWriter((bytes) => {
  lines.push(JSON.parse(Buffer.from(bytes).toString()) as { level: number; msg: string });
  return bytes.length;
});
const log = createLog('info', writer);
let opened: OpenValkey | undefined;
afterEach(() => opened?.valkey.close());

function read(url: string, files: Record<string, string> = {}) {
  const folder = temporaryFolder(contents);
  const all = Object.entries({ SLMRANK_VALKEY_SECRET_FILE: 'secret', ...files });
  const env = Object.fromEntries(all.map(([name, file]) => [name, join(folder, file)]));
  return readConfig({ SLMRANK_VALKEY_URL: url, ...env }, [], 4).config;
}

test('no server is opened when none is named', () => {
  expect(openValkey(read('off'), { log })).toBeUndefined();
});

test('it logs in with the password of the file, and logs each change once and no password', async () => {
  const server = await FakeValkey.start();
  const words: string[][] = [];
  server.answer = (command) => {
    words.push(command.map(String));
    return server.honest(command);
  };
  const url = `valkey://me@127.0.0.1:${server.port}`;
  opened = openValkey(read(url, { SLMRANK_VALKEY_PASSWORD_FILE: 'password' }), { log });
  await until(() => opened?.valkey.isConnected === true);
  expect(opened?.secret).toBe(secret);
  await until(() => words.length > 0);
  expect(words).toEqual([['AUTH', 'me', 'hunter2']]);
  await server.close();
  await until(() => lines.length === 2);
  const place = { server: `127.0.0.1:${server.port}` };
  expect(lines).toMatchObject([
    { level: 30, msg: 'connected to Valkey', fleet: fleetName(secret), ...place },
    { level: 40, msg: 'not connected to Valkey: nothing is shared with the fleet', ...place },
  ]);
  expect(JSON.stringify(lines)).not.toContain('hunter2');
});

test.each([
  [{ SLMRANK_VALKEY_SECRET_FILE: 'none' }, /^SLMRANK_VALKEY_SECRET_FILE: .*ENOENT/],
  [{ SLMRANK_VALKEY_SECRET_FILE: 'short' }, /short' has 3 characters; at least 32 are needed/],
  [{ SLMRANK_VALKEY_PASSWORD_FILE: 'none' }, /^SLMRANK_VALKEY_PASSWORD_FILE: .*ENOENT/],
  [{ SLMRANK_VALKEY_CA_FILE: 'none' }, /^SLMRANK_VALKEY_CA_FILE: .*ENOENT/],
])('%p is found before the start', async (files, problem) => {
  const config = { ...read('valkey://cache', files), address: '127.0.0.1:0' };
  const problems = await findStartProblems(config);
  expect(problems.filter((each) => problem.test(each))).toHaveLength(1);
});
