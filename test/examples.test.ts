import { execFile, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openItems } from './support/items/test-items.ts';
import { startTestServer, type TestServer } from './support/serving/test-server.ts';

const run = promisify(execFile);
const cwd = fileURLToPath(new URL('..', import.meta.url));
const { PYTHON: python = 'python3' } = process.env;
const answers = (command: string, ...args: string[]) => spawnSync(command, args).status === 0;
const hasGrpcTools = answers(python, '-c', 'import grpc_tools');

interface Example {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  readonly needs: string;
  readonly isAtHand: boolean;
}

const ranking: readonly Example[] = [
  {
    name: 'rank.ts',
    command: [process.execPath, '--import', 'tsx', 'examples/rank.ts'],
    needs: 'Node',
    isAtHand: true,
  },
  {
    name: 'rank.py',
    command: [python, 'examples/rank.py'],
    needs: 'grpcio-tools',
    isAtHand: hasGrpcTools,
  },
  {
    name: 'rank.sh',
    command: ['bash', 'examples/rank.sh'],
    needs: 'grpcurl',
    isAtHand: answers('grpcurl', '-version'),
  },
  {
    name: 'go/run.sh',
    command: ['bash', 'examples/go/run.sh'],
    needs:
      'SLMRANK_TEST_NETWORK=1, Go, protoc-gen-go, protoc-gen-go-grpc, and grpcio-tools or protoc',
    isAtHand:
      process.env['SLMRANK_TEST_NETWORK'] === '1' &&
      answers('go', 'version') &&
      answers('protoc-gen-go', '--version') &&
      answers('protoc-gen-go-grpc', '--version') &&
      (hasGrpcTools || answers('protoc', '--version')),
  },
];

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

describe('the examples rank both candidates', () => {
  for (const { name, command, needs, isAtHand } of ranking) {
    const testOrSkip = isAtHand ? test : test.skip;
    testOrSkip(`${name} (needs ${needs})`, async () => {
      const [program, ...args] = command;
      const { stdout } = await run(program, [...args, server.address], { cwd });
      expect(stdout).toMatch(/\ba\b[^]*\bb\b/);
    });
  }

  test('by-id.ts (needs Node, and a server with an item store)', async () => {
    const items = await openItems();
    try {
      const args = ['--import', 'tsx', 'examples/by-id.ts', items.server.address];
      const { stdout } = await run(process.execPath, args, { cwd });
      expect(stdout.match(/^[ab](?= \d)/gm)?.toSorted()).toEqual(['a', 'b']);
    } finally {
      await items.close();
    }
  });

  const testOrSkip = answers('ghz', '--version') ? test : test.skip;
  testOrSkip('load.sh (needs ghz)', async () => {
    const { stdout } = await run('bash', ['examples/load.sh', server.address, '20', '2'], { cwd });
    expect(stdout).toMatch(/\[OK\]\s+\d+ responses/);
  });
});
