import { describe, expect, test } from '@jest/globals';
import { createProgress, formatDuration, formatProgress } from '../../src/base/progress.ts';

function follow(isTerminal: boolean, steps: readonly [number, number][]): string[] {
  const written: string[] = [];
  let nowMs = 0;
  const output = { isTerminal, write: (text: string) => void written.push(text) };
  const progress = createProgress('candidates', 100, output, { nowMs: () => nowMs });
  for (const [atMs, done] of steps) {
    nowMs = atMs;
    progress.update(done);
  }
  progress.end();
  return written;
}

describe('progress', () => {
  test('is a line every ten seconds, and at the end, if lines cannot be rewritten', () => {
    const written = follow(false, [
      [1_000, 10],
      [10_000, 25],
      [11_000, 30],
      [12_000, 100],
    ]);
    expect(written).toEqual([
      '25 of 100 candidates, 25 %, 2.5/s, 30 s left\n',
      '100 of 100 candidates, 100 %, 8.3/s, 0 s left\n',
    ]);
  });

  test('rewrites one line on a terminal and keeps it at the end', () => {
    const written = follow(true, [
      [100, 1],
      [500, 50],
    ]);
    expect(written).toEqual(['\r\u001B[K50 of 100 candidates, 50 %, 100.0/s, 1 s left', '\n']);
  });

  test('shows count and rate if the total is unknown', () => {
    let [nowMs, written] = [0, ''];
    const output = { isTerminal: false, write: (text: string) => void (written += text) };
    const progress = createProgress('candidates', undefined, output, { nowMs: () => nowMs });
    for (const done of [500, 1_000, 1_500]) {
      nowMs = 10 * done;
      progress.update(done);
    }
    expect(written).toBe('1,000 candidates, 100.0/s\n');
  });

  test('shows no remaining time before anything is done', () => {
    expect(formatProgress('queries', { done: 0, total: 5, elapsedMs: 0 })).toBe(
      '0 of 5 queries, 0 %, 0.0/s, just begun',
    );
  });
});

test.each([
  [499, '0 s'],
  [59_499, '59 s'],
  [62_000, '1 min 2 s'],
  [3_723_000, '1 h 2 min'],
])('%d ms are written as %s', (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});
