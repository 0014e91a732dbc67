import { afterEach, describe, expect, test } from '@jest/globals';
import { run } from '../../../src/cli/model/verify.ts';
import { builtinTemplates } from '../../../src/text/builtin-templates.ts';
import { buildModel } from '../../../src/toolchain/build/build-model.ts';
import { buildHfTiny, tinyBuildOptions, tinyPath } from '../../support/checkpoints/hf-tiny.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { captureOutput } from '../../support/captured-output.ts';

const output = captureOutput();

afterEach(() => {
  delete process.env['SLMRANK_MODEL'];
});

describe('slmrank verify', () => {
  test('verifies the named model, or else the one of SLMRANK_MODEL', async () => {
    const [llama, qwen] = [temporaryFolder(), temporaryFolder()];
    await buildHfTiny('llama', llama);
    await buildHfTiny('qwen3', qwen);
    process.env['SLMRANK_MODEL'] = llama;
    expect(await run([])).toBe(0);
    expect(await run([qwen])).toBe(0);
    expect(output.stdout.match(/^\w+(?= \(fp32, \d+ rows\))/gm)).toEqual(['llama', 'qwen3']);
  });

  test('says that there was no reference when there is no golden', async () => {
    const dir = temporaryFolder();
    await buildHfTiny('llama', dir);
    expect(await run([dir])).toBe(0);
    expect(output.stdout).toMatch(
      /^no reference was available \(.*llama\.json\.gz does not exist\): .*; see models\/goldens\/make_golden\.py$/m,
    );
    expect(output.stdout).toMatch(/^PASS \(itself only: no reference was available\)$/m);
    output.stdout = '';
    expect(await run([dir, '--golden', tinyPath('llama.golden.json')])).toBe(0);
    expect(output.stdout).toMatch(/^PASS$/m);
    expect(output.stdout).not.toContain('itself only');
  });

  test('repeats the warnings of the build', async () => {
    const dir = temporaryFolder();
    const options = { ...tinyBuildOptions('llama', dir), template: builtinTemplates.llama3 };
    await buildModel(options);
    expect(await run([dir])).toBe(0);
    expect(output.stdout).toMatch(
      /^warning: the template \(prefix, suffix\) has <\|begin_of_text\|>, /m,
    );
    output.stdout = '';
    expect(await run([dir, '--json'])).toBe(0);
    expect(JSON.parse(output.stdout)).toMatchObject({
      warnings: [expect.stringContaining('<|begin_of_text|>')],
    });
  });

  test.each([
    [['/nowhere'], /^no built model at \/nowhere or .*models\/artifacts\/nowhere$/],
    [['a', 'b'], /^2 models are named; one is needed$/],
    [['--device', 'gpu'], /^--device is 'gpu'; cpu or cuda:N is needed$/],
  ])('refuses %j', async (args, message) => {
    await expect(run(args)).rejects.toThrow(message);
  });
});
