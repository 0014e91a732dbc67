import { describe, expect, test } from '@jest/globals';
import { formatAnswer } from '../../../src/cli/demo/demo-table.ts';
import type { WireRankResponse } from '../../../src/client/client.ts';

const postings = [
  ['Nurse', 'Cares for patients\non the ward, at night and on weekends.'],
  ['A very long title that would not fit into a narrow terminal 😀😀', 'Prepares statements.'],
  ['Cook', ''],
] as const;
const query = { candidates: postings.map(([title, text], i) => ({ id: `d${i}`, title, text })) };

function replyOf(...scored: readonly (readonly [index: number, score: number])[]) {
  const results = scored.map(([index, score]) => ({ index, score }));
  return { results } as unknown as WireRankResponse;
}

const reply = replyOf([1, 0.91234], [2, 0.5], [0, 0.004]);

describe('formatAnswer', () => {
  test('shows place, place before, score, title and how the text begins', () => {
    expect(formatAnswer(query, reply, { top: 3, columns: 120 })).toBe(
      [
        '  place  before  match            title                                             text',
        '      1       2  █████████·  91%  A very long title that would not fit into a nar…  Prepares statements.',
        '      2       3  █████·····  50%  Cook',
        '      3       1  ··········   0%  Nurse                                             Cares for patients on the ward, at …',
        '',
      ].join('\n'),
    );
  });

  test('leaves the texts out and cuts titles where the terminal is narrow', () => {
    expect(formatAnswer(query, reply, { top: 2, columns: 80 })).toBe(
      [
        '  place  before  match            title',
        '      1       2  █████████·  91%  A very long title that would not fit into a n…',
        '      2       3  █████·····  50%  Cook',
        '',
      ].join('\n'),
    );
  });

  test.each([60, 80, 100, 109, 110, 120, 200])('fits %i columns', (columns) => {
    const lines = formatAnswer(query, reply, { top: 3, columns }).split('\n');
    const widths = lines.map((line) => Array.from(line).length);
    expect(Math.max(...widths)).toBeLessThanOrEqual(columns);
  });

  test('throws when a result has no candidate', () => {
    expect(() => formatAnswer(query, replyOf([3, 1]), { top: 1, columns: 80 })).toThrow(
      'result 3 of 3 candidates; this is a bug',
    );
  });
});
