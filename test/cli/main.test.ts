import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

/** Runs `slmrank` in a process of its own. */
function slmrank(...args: string[]): Promise<{ status: unknown; output: string; errors: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, ['--import', 'tsx', main, ...args], (error, output, errors) =>
      resolve({ status: error?.code ?? 0, output, errors }),
    );
  });
}

test.each([
  [['modle', 'build'], "slmrank: no command 'modle build'; did you mean model build?"],
  [['helth', '--json'], "slmrank: no command 'helth --json'; did you mean health?"],
  [['qqqq'], "slmrank: no command 'qqqq'"],
  [['health', '--timeout=-1'], "slmrank: --timeout is '-1'; a number of milliseconds is needed"],
])('%j ends with status 2', async (args, line) => {
  const { status, errors } = await slmrank(...args);
  expect([status, errors.split('\n')[0]]).toEqual([2, line]);
});

test('--help lists every command with its summary', async () => {
  const { status, output } = await slmrank('--help');
  const commands = output.split('\n').filter((line) => line.startsWith('  slmrank '));
  expect(status).toBe(0);
  expect(commands.length).toBeGreaterThan(10);
  expect(commands).toContain('  slmrank rank                 rank the candidates of a file');
  expect(commands.filter((line) => !/^ {2}slmrank [a-z ]+? {2,}\S/.test(line))).toEqual([]);
  expect(new Set(commands.map((line) => line.search(/(?<= {2})\S[^ ]*( \S+)+$/))).size).toBe(1);
});
