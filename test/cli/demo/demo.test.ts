import { afterEach, describe, expect, test } from '@jest/globals';
import { run } from '../../../src/cli/demo/demo.ts';
import { CallError } from '../../../src/client/call.ts';
import { captureOutput } from '../../support/captured-output.ts';
import { buildHfTiny } from '../../support/checkpoints/hf-tiny.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const output = captureOutput();

afterEach(() => {
  delete process.env['SLMRANK_MODEL'];
  delete process.env['SLMRANK_CANDIDATES'];
});

describe('slmrank demo', () => {
  test('ranks the postings through a server in another process, and stops it', async () => {
    const model = temporaryFolder();
    await buildHfTiny('llama', model);
    process.env['SLMRANK_MODEL'] = model;
    expect(await run(['--top', '2'])).toBe(0);
    expect(output.stdout.match(/^"[^"]+", 50 postings$/gm)).toHaveLength(3);
    expect(output.stdout.match(/^ {2}place {2}before {2}match +title +text$/gm)).toHaveLength(3);
    expect(output.stdout.match(/^ {6}2 +\d+ {2}[█·]{10} +\d+% {2}\S/gm)).toHaveLength(3);
    expect(output.stdout).not.toMatch(/^ {6}3 /m);
    expect(output.stdout).toMatch(
      /^llama \(0\.\d million parameters, 32-bit floats\) on \d+ CPU workers?\nranked 150 postings in \d+\.\d s, \d+ a second\.$/m,
    );
    expect(output.stdout).toMatch(
      /^"[^"]+", 300 postings, by text and by id\n {2}by text .*\d postings\/s.*\n {2}by id .*\d postings\/s.*\nThe server had stored the 300 postings in \d/m,
    );
    expect(output.stderr).toContain(`Starting the server with ${model}`);
    expect(output.stderr).toContain('Server stopped, status 0');
  }, 120_000);

  test('stops a server that refuses a query, and shows its reason and its log', async () => {
    const model = temporaryFolder();
    await buildHfTiny('llama', model);
    process.env['SLMRANK_CANDIDATES'] = '10';
    const failure = await run(['--model', model]).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(Error);
    const { message, cause } = failure as Error;
    expect(message).toMatch(/50[^]*10[^]*\nThe server's log ends with:\n[^]*slmrank ready on/);
    expect(cause).toBeInstanceOf(CallError);
  }, 120_000);

  test('shows what the server wrote when the model does not exist', async () => {
    const failure = await run(['--model', '/nowhere/model']).catch((error: unknown) =>
      String(error),
    );
    expect(failure).toContain('ended with status 1 before it was ready');
    expect(failure).toContain('/nowhere/model is not a built model');
  }, 120_000);

  test('refuses --top 0', async () => {
    await expect(run(['--top', '0'])).rejects.toThrow(/--top is '0'/);
  });
});
