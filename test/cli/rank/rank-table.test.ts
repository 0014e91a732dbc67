import { describe, expect, test } from '@jest/globals';
import { formatJsonLines, formatRanking } from '../../../src/cli/rank/rank-table.ts';
import type { RankedCandidate, Ranking } from '../../../src/eval/rank/rank-candidates.ts';

function candidate(id: string, label: string, changed: Partial<RankedCandidate> = {}) {
  return { id, label, place: 1, score: 0.5, logit: 0, tokens: 12, truncated: false, ...changed };
}

const ranking: Ranking = {
  query: 'kind\nnurse',
  candidates: [
    candidate('b', 'Registered nurse', { place: 120, score: 0.98765, logit: 4, truncated: true }),
    candidate('job-2', 'A very long title that would not fit 😀😀😀😀😀 into it'),
    candidate('c', ''),
  ],
};

describe('formatRanking', () => {
  test('shows place, place before, score, id and title, as many as asked', () => {
    expect(formatRanking(ranking, { top: 2, columns: 100 })).toBe(
      [
        '"kind nurse", 2 of 3 candidates',
        '  place  before   score  id     title or text',
        '      1     120  0.9877  b      Registered nurse',
        '      2       1  0.5000  job-2  A very long title that would not fit 😀😀😀😀😀 into it',
        '',
      ].join('\n'),
    );
  });

  test.each([
    [73, 'A very long title that would not fit 😀😀😀…'],
    [20, 'A very long title t…'],
  ])('cuts titles to %d columns, between characters, but not to nothing', (columns, title) => {
    const [, , , second] = formatRanking(ranking, { top: Infinity, columns }).split('\n');
    expect(second).toBe(`      2       1  0.5000  job-2  ${title}`);
  });

  test('shows no control characters, and cuts long ids', () => {
    const id = `\u001B[2J${'x'.repeat(50)}`;
    const text = formatRanking(
      { query: 'q\u0007', candidates: [candidate(id, 'a\u001B]0;b\u0007\r\nc')] },
      { top: 5, columns: 100 },
    );
    expect(text).toContain(`[2J${'x'.repeat(32)}…  a ]0;b c\n`);
    expect(text.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
  });
});

test('formatJsonLines writes whole numbers and texts, best first', () => {
  expect(formatJsonLines(ranking, 2)).toBe(
    '{"query":"kind\\nnurse","rank":1,"id":"b","score":0.98765,"tokens":12,"truncated":true}\n' +
      '{"query":"kind\\nnurse","rank":2,"id":"job-2","score":0.5,"tokens":12,"truncated":false}\n',
  );
  expect(formatJsonLines(ranking, Infinity).trimEnd().split('\n')).toHaveLength(3);
});
