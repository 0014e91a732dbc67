import { describe, expect, test } from '@jest/globals';
import { parseParetoOptions } from '../../../src/cli/report/pareto-options.ts';

describe('options of report pareto', () => {
  test('PARETO_BEIR is the default of --beir', () => {
    const { beir, run } = parseParetoOptions([], { PARETO_BEIR: '/data' });
    expect([beir, run]).toEqual(['/data', '/data/runs/pool.trec.gz']);
  });

  test('text budgets are sorted', () => {
    const { candidateTokens } = parseParetoOptions(['--beir', 'd', '--candidate-tokens', '64,24']);
    expect(candidateTokens).toEqual([24, 64]);
  });

  test.each([
    [[], /--beir is missing/],
    [['--beir', 'd', '--candidate-tokens', '24,64,24'], /--candidate-tokens has 24 twice/],
    [['--beir', 'd', '--candidate-tokens', '24,'], /--candidate-tokens is ''; a whole number/],
    [['--beir', 'd', '--limit', '0'], /--limit is '0'; a whole number of at least 1/],
    [['--beir', 'd', '--clock', 'sun'], /--clock is 'sun'; wall or cpu is needed/],
  ])('%j is refused', (args, message) => {
    expect(() => parseParetoOptions(args, {})).toThrow(message);
  });
});
