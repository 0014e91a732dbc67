import { describe, expect, test } from '@jest/globals';
import { chooseModel } from '../../../src/cli/shared/choose-model.ts';
import { parseConfig } from '../../../src/config/config.ts';

function chooseWith(env: Record<string, string>, argv: readonly string[] = []) {
  const built: string[] = [];
  const model = chooseModel(parseConfig(env, argv), (recipe, provider) => {
    built.push(`${recipe} for ${provider}`);
    return Promise.resolve('/built');
  });
  return model.then((folder) => ({ folder, built }));
}

describe('the model that a command works with', () => {
  test.each([
    ['cpu:2', 'cpu'],
    ['cuda:0', 'cuda'],
    ['cuda:0*2,cuda:1', 'cuda'],
  ])('when none is named, is the bundled one for %s: built for %s', async (devices, provider) => {
    const expected = { folder: '/built', built: [`slmrank-55m for ${provider}`] };
    expect(await chooseWith({ SLMRANK_DEVICES: devices })).toEqual(expected);
    expect(await chooseWith({ SLMRANK_MODEL: '' }, ['--devices', devices])).toEqual(expected);
  });

  test.each([
    [{ SLMRANK_MODEL: 'mine' }, [], 'mine'],
    [{ SLMRANK_MODEL: 'mine' }, ['--model=other'], 'other'],
    [{ SLMRANK_MODEL: 'models/artifacts/slmrank-55m-int8', SLMRANK_DEVICES: 'cuda:0' }, [], null],
  ])('when one is named, is that one as it is: %j %j', async (env, argv, expected) => {
    const folder = expected ?? env.SLMRANK_MODEL;
    expect(await chooseWith(env, argv)).toEqual({ folder, built: [] });
  });

  test('gives the reason and advice when the bundled model cannot be built', async () => {
    const cause = new Error('no space is left');
    const chosen = chooseModel({ model: undefined, devices: [] }, () => Promise.reject(cause));
    await expect(chosen).rejects.toMatchObject({
      message:
        'slmrank-55m cannot be built: no space is left. Name a built model with --model or SLMRANK_MODEL to use that instead.',
      cause,
    });
  });
});
