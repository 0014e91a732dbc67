import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { run } from '../../src/cli/verify.ts';
import { buildHfTiny } from '../support/hf-tiny.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

let printed = '';

beforeEach(() => {
  printed = '';
  jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += String(text);
    return true;
  });
  jest.spyOn(process.stderr, 'write').mockImplementation(() => true);
});
afterEach(() => {
  jest.restoreAllMocks();
  delete process.env['SLMRANK_MODEL'];
});

describe('slmrank verify', () => {
  test('takes the model of SLMRANK_MODEL, and rather the one that is named', async () => {
    const [llama, qwen] = [temporaryFolder(), temporaryFolder()];
    await buildHfTiny('llama', llama);
    await buildHfTiny('qwen3', qwen);
    process.env['SLMRANK_MODEL'] = llama;
    expect(await run([])).toBe(0);
    expect(await run([qwen])).toBe(0);
    expect(printed.match(/^\w+(?= \(fp32, \d+ rows\))/gm)).toEqual(['llama', 'qwen3']);
  });

  test.each([
    [['/nowhere'], /^no built model at \/nowhere or .*models\/artifacts\/nowhere$/],
    [['a', 'b'], /^2 models are named; one is needed$/],
    [['--device', 'gpu'], /^--device is 'gpu'; cpu or cuda:N is needed$/],
  ])('refuses %j', async (args, message) => {
    await expect(run(args)).rejects.toThrow(message);
  });
});
