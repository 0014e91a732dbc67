import { describe, expect, test } from '@jest/globals';
import { formatAnswer } from '../../src/cli/demo-table.ts';
import type { WireRankResponse } from '../../src/server/client.ts';

const titles = ['Nurse', 'A very long title that would not fit into a narrow terminal 😀', 'Cook'];
const query = {
  query: 'kind nurse',
  candidates: titles.map((title, i) => ({ id: `d${i}`, title, text: '' })),
};

function result(index: number, change: Partial<WireRankResponse['results'][number]> = {}) {
  return {
    index,
    id: '',
    score: 0.5,
    logit: 0,
    tokens: 120,
    truncated: false,
    scored: true,
    cached: false,
    ...change,
  };
}

const reply: WireRankResponse = {
  results: [result(1, { score: 0.91234 }), result(2), result(0)],
  usage: {
    candidates: 3,
    scored: 3,
    truncated: 0,
    prefixTokens: 20,
    candidateTokens: 360,
    packedTokens: 400,
    batches: 1,
    cached: 0,
    depth: 3,
  },
  times: { encodeMs: 1.25, queueMs: 0, runMs: 1480, totalMs: 1500 },
  scoreFingerprint: 'f',
  model: 'tiny',
  requestId: 'r',
  scoreKind: 'SCORE_KIND_PROBABILITY',
  complete: true,
};

describe('formatAnswer', () => {
  test('shows places, scores, the first stage’s places, and where the time went', () => {
    expect(formatAnswer(query, reply, { top: 2, columns: 120 })).toBe(
      [
        '"kind nurse"',
        '  place  p(yes)  was  tokens  title',
        '  1      0.9123    2     120  A very long title that would not fit into a narrow terminal 😀',
        '  2      0.5000    3     120  Cook',
        '  encode 1.3 ms, queue 0.0 ms, run 1480 ms, total 1500 ms; 3 candidates, 400 tokens, 2.0 candidates/s',
        '',
      ].join('\n'),
    );
  });

  test('cuts titles to the width of the terminal, between characters', () => {
    const lines = formatAnswer(query, reply, { top: 3, columns: 70 }).split('\n');
    expect(lines[2]).toMatch(/A very long title that would not fit \.\.\.$/);
    expect(Math.max(...lines.slice(1, 5).map(({ length }) => length))).toBeLessThanOrEqual(70);
  });

  test('marks candidates that were cut or left out', () => {
    const results = [result(0, { truncated: true }), result(2, { scored: false })];
    const text = formatAnswer(query, { ...reply, results }, { top: 5, columns: 100 });
    expect(text).toContain('Nurse  cut\n');
    expect(text).toContain('Cook  not scored\n');
  });
});
