import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import {
  findReadyAddresses,
  type ServerProcess,
  startServerProcess,
} from '../../../src/cli/shared/server-process.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/** Runs a few lines of JavaScript in the server's place. */
function start(program: string, timeoutMs = 60_000): Promise<ServerProcess> {
  const folder = temporaryFolder({ 'server.mjs': program });
  const settings = { SLMRANK_MODEL: 'models/none' };
  return startServerProcess({ settings, timeoutMs, entry: join(folder, 'server.mjs') });
}

describe('startServerProcess', () => {
  test('waits for the ready line, passes the settings on, and stops by SIGTERM', async () => {
    const server = await start(`
      const { SLMRANK_ADDRESS, SLMRANK_MODEL } = process.env;
      process.on('SIGTERM', () => process.exit(7));
      setInterval(() => {}, 1000);
      console.error('loading', SLMRANK_MODEL, SLMRANK_ADDRESS);
      console.log('slmrank ready on [::1]:4321: model tiny');
    `);
    expect(server.address).toBe('[::1]:4321');
    expect(server.logTail()).toContain('loading models/none 127.0.0.1:0');
    expect(() => process.kill(server.pid, 0)).not.toThrow();
    expect(await server.stop()).toBe(7);
  });

  test('a server that ends before it is ready is reported with its status and its last log lines', async () => {
    const program = `console.error('no such model'); process.exitCode = 3;`;
    await expect(start(program)).rejects.toThrow(
      /ended with status 3 before it was ready; its log ends with:\nno such model/,
    );
  });

  test('a server that is never ready is ended', async () => {
    const program = `setInterval(() => {}, 1000);`;
    await expect(start(program, 1)).rejects.toThrow(/was not ready after 0\.001 s/);
  });

  test('keeps the last lines of the log only', async () => {
    const program = `
      for (let i = 0; i < 100; i += 1) { console.log('line ' + i); }
      process.exitCode = 1;
    `;
    const failure = await start(program).catch((error: unknown) => String(error));
    expect(failure).toContain('line 99');
    expect(failure).not.toContain('line 59\n');
  });
});

test('findReadyAddresses reads the ready line and no other', () => {
  expect(findReadyAddresses('slmrank ready on 127.0.0.1:50051: model x')).toEqual({
    address: '127.0.0.1:50051',
    httpAddress: undefined,
  });
  expect(findReadyAddresses('slmrank ready on a:1: model x (cgroup); HTTP on a:2')).toEqual({
    address: 'a:1',
    httpAddress: 'a:2',
  });
  expect(findReadyAddresses('{"msg":"ready","address":"127.0.0.1:1"}')).toBeUndefined();
  expect(findReadyAddresses('the slmrank ready on a:1: b')).toBeUndefined();
});
