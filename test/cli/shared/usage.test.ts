import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { parseOptions } from '../../../src/cli/shared/usage.ts';

const options = { 'tls-ca': { type: 'string' }, json: { type: 'boolean' } } as const;

test.each([
  [['--tls-caa=x'], "no option '--tls-caa'; did you mean --tls-ca?\n\nUsage: x"],
  [['--jsn'], "no option '--jsn'; did you mean --json?\n\nUsage: x"],
  [['--bogus'], "no option '--bogus'\n\nUsage: x"],
  [['--tls-ca'], "Option '--tls-ca <value>' argument missing\n\nUsage: x"],
])('%p', (args, message) => {
  expect(() => parseOptions(args, 'Usage: x\n', options)).toThrow(message);
});

const main = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url));

test.each([
  [['modle', 'build'], "slmrank: no command 'modle build'; did you mean model build?"],
  [['helth', '--json'], "slmrank: no command 'helth --json'; did you mean health?"],
  [['qqqq'], "slmrank: no command 'qqqq'"],
])('%p', async (words, line) => {
  const said = await new Promise<string>((resolve) => {
    execFile(process.execPath, ['--import', 'tsx', main, ...words], (_error, _out, errors) =>
      resolve(errors),
    );
  });
  expect(said.split('\n')[0]).toBe(line);
});
