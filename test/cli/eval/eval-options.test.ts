import { describe, expect, test } from '@jest/globals';
import { parseEvalOptions } from '../../../src/cli/eval/eval-options.ts';
import { perturbationNames } from '../../../src/eval/forms/perturb.ts';

const needed = ['--beir', 'd', '--split', 's', '--run', 'r'];

describe('--perturb', () => {
  test.each([
    [
      [...needed, '--run-only', '--perturb', 'all'],
      /--run-only .* with --model, --against, --perturb or --out-run$/,
    ],
    [
      [...needed, '--perturb', 'loud'],
      /--perturb has 'loud'; allowed are all, or some of upper, lower, .*typos$/,
    ],
    [[...needed, '--perturb', 'upper,'], /--perturb has ''; allowed are all/],
    [[...needed, '--perturb', 'upper,all'], /--perturb has 'all'; allowed are all/],
  ])('refuses %j', (args, message) => {
    expect(() => parseEvalOptions(args)).toThrow(message);
  });

  test.each([
    [[], []],
    [
      ['--perturb', 'typos,upper,typos'],
      ['typos', 'upper'],
    ],
    [['--perturb', 'all'], perturbationNames],
  ])('reads %j as the perturbations %j', (args, names) => {
    expect(parseEvalOptions([...needed, ...args]).perturb).toEqual(names);
  });
});

test.each([
  [[], /--beir is missing/],
  [['--beir', 'd', '--split', 's'], /--run is missing/],
  [[...needed, '--limit', '0'], /--limit is '0'; a whole number of at least 1/],
  [[...needed, '--depth', 'x'], /--depth is 'x'/],
  [[...needed, '--run-only', '--model', 'm'], /--run-only uses no model/],
  [[...needed, '--direct', '--served'], /--direct and --served exclude each other/],
  [[...needed, '--candidate-tokens', '0'], /--candidate-tokens is '0'/],
  [[...needed, '--colour'], /--colour/],
])('refuses %j', (args, message) => {
  expect(() => parseEvalOptions(args)).toThrow(message);
});
