import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { run } from '../../src/cli/demo.ts';
import { buildHfTiny } from '../support/hf-tiny.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

let printed = '';
let told = '';

beforeEach(() => {
  [printed, told] = ['', ''];
  jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += String(text);
    return true;
  });
  jest.spyOn(process.stderr, 'write').mockImplementation((text) => {
    told += String(text);
    return true;
  });
});
afterEach(() => {
  jest.restoreAllMocks();
});

describe('slmrank demo', () => {
  test('ranks the postings through a real server in a process of its own, and stops it', async () => {
    const model = temporaryFolder();
    const { fingerprint } = await buildHfTiny('llama', model);
    expect(await run(['--model', model, '--top', '2'])).toBe(0);
    expect(printed).toContain(`score fingerprint ${fingerprint.slice(0, 12)}`);
    expect(printed.match(/^ {2}place {2}p\(yes\)/gm)).toHaveLength(3);
    expect(printed.match(/^ {2}2 .*\d\.\d{4}/gm)).toHaveLength(3);
    expect(printed.match(/50 candidates, \d+ tokens, \d+\.\d candidates\/s$/gm)).toHaveLength(3);
    expect(told).toContain('Server stopped, status 0');
  }, 120_000);

  test('a model that is not there fails with what the server said', async () => {
    const failure = await run(['--model', '/nowhere/model']).catch((error: unknown) =>
      String(error),
    );
    expect(failure).toContain('ended with status 1 before it was ready');
    expect(failure).toContain('/nowhere/model is not a built model');
  }, 120_000);

  test('refuses a count of places that is none', async () => {
    await expect(run(['--top', '0'])).rejects.toThrow(/--top is '0'/);
  });
});
