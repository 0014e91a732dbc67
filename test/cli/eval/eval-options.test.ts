import { describe, expect, test } from '@jest/globals';
import { parseEvalOptions } from '../../../src/cli/eval/eval-options.ts';
import { perturbationNames } from '../../../src/eval/forms/perturb.ts';

const needed = ['--beir', 'd', '--split', 's', '--run', 'r'];

describe('--perturb', () => {
  test.each([
    [[...needed, '--run-only', '--perturb', 'all'], /--against, --perturb and --out-run do not go/],
    [
      [...needed, '--perturb', 'loud'],
      /--perturb has 'loud'; all, or some of upper, lower, .*typos, is/,
    ],
    [[...needed, '--perturb', 'upper,'], /--perturb has ''; all, or some of/],
    [[...needed, '--perturb', 'upper,all'], /--perturb has 'all'; all, or some of/],
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
  ])('takes of %j the perturbations %j', (args, names) => {
    expect(parseEvalOptions([...needed, ...args]).perturb).toEqual(names);
  });
});
