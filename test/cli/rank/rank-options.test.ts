import { describe, expect, test } from '@jest/globals';
import { parseRankOptions } from '../../../src/cli/rank/rank-options.ts';

describe('parseRankOptions', () => {
  test.each([
    [[], 20],
    [['--json'], Infinity],
    [['--top', '3'], 3],
    [['--top', '3', '--json'], 3],
    [['--top', '0'], Infinity],
  ])('shows with %j the first %d places', (more, top) => {
    expect(parseRankOptions(['--query', 'q', 'f', ...more]).top).toBe(top);
  });

  test('counts an empty instruction or context as not given', () => {
    const given = ['--query', 'q', '-', '--instruction', '', '--context='];
    const { instruction, context, file } = parseRankOptions(given);
    expect([instruction, context, file]).toEqual([undefined, undefined, '-']);
  });

  test.each([
    [['f'], /^--query is missing\n/],
    [['--query', 'q'], /^0 files are given; one, or - for standard input, is needed\n/],
    [['--query', 'q', 'f', 'g'], /^2 files are given/],
    [['--query', 'q', '--query', ' ', 'f'], /^--query is empty or blank; a text is needed$/],
    [['--query', 'q', 'f', '--top', '1.5'], /^--top is '1\.5'; a whole number of at least 0/],
    [['--query', 'q', 'f', '--candidate-tokens', '0'], /^--candidate-tokens is '0'; a whole/],
  ])('refuses %j', (args, message) => {
    expect(() => parseRankOptions(args)).toThrow(message);
  });
});
