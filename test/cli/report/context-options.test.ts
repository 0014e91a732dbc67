import { describe, expect, test } from '@jest/globals';
import { parseContextOptions } from '../../../src/cli/report/context-options.ts';

const parse = (...args: string[]) => parseContextOptions(['--beir', 'd', ...args], {});

describe('options of report context', () => {
  test('CONTEXT_BEIR is the default of --beir', () => {
    const { beir, run, rounds } = parseContextOptions([], { CONTEXT_BEIR: '/data' });
    expect([beir, run, rounds]).toEqual(['/data', '/data/runs/pool.trec.gz', 3]);
  });

  test('has the title and three methods at three lengths by default', () => {
    expect(parse().rows.map(({ row, tokens }) => `${row} ${tokens}`)).toEqual([
      'title 0',
      'head 12',
      'head 18',
      'head 24',
      'phrases 12',
      'phrases 18',
      'phrases 24',
      'search-normal 12',
      'search-normal 18',
      'search-normal 24',
    ]);
  });

  test('a row names the effort of its search', () => {
    expect(parse('--rows', 'search-full:18, title ,phrases:7').rows).toEqual([
      { row: 'search-full', tokens: 18, how: { method: 'search', effort: 'full' } },
      { row: 'title', tokens: 0, how: undefined },
      { row: 'phrases', tokens: 7, how: { method: 'phrases', effort: 'normal' } },
    ]);
  });

  test('--no-speed leaves no rounds', () => {
    expect(parse('--no-speed', '--rounds', '5').rounds).toBe(0);
  });

  test.each([
    [['--rows', ''], "--rows has ''; title is allowed, and head, phrases, search-quick, "],
    [['--rows', 'head'], "--rows has 'head'; title is allowed"],
    [['--rows', 'search:18'], "--rows has 'search:18'; title is allowed"],
    [['--rows', 'title:3'], "--rows has 'title:3'; title is allowed"],
    [['--rows', 'head:0'], "--rows has 'head:0'; title is allowed"],
    [['--rows', 'head:1.5'], "--rows has 'head:1.5'; title is allowed"],
    [['--rows', 'head:12:3'], "--rows has 'head:12:3'; title is allowed"],
    [['--rows', 'constructor:3'], "--rows has 'constructor:3'; title is allowed"],
    [['--rows', 'head:9,title,head:09'], "--rows has 'head:09' twice; each row is allowed once"],
    [['--limit', '0'], "--limit is '0'; a whole number of at least 1 is needed"],
    [['--rounds', 'x'], "--rounds is 'x'; a whole number of at least 1 is needed"],
    [
      ['--speed-queries', '1.5'],
      "--speed-queries is '1.5'; a whole number of at least 1 is needed",
    ],
    [['--row', 'title'], 'did you mean --rows?'],
    [['more'], "unexpected 'more'"],
  ])('%j is refused', (args, message) => {
    expect(() => parse(...args)).toThrow(message);
  });

  test('--beir is needed', () => {
    expect(() => parseContextOptions([], { CONTEXT_BEIR: '' })).toThrow('--beir is missing');
  });
});
