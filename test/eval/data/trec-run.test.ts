import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { formatRun, readRun } from '../../../src/eval/data/trec-run.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

function readText(content: string | Buffer) {
  return readRun(join(temporaryFolder({ 'run.trec': content }), 'run.trec'));
}

async function order(content: string | Buffer): Promise<Record<string, string[]>> {
  const run = await readText(content);
  return Object.fromEntries([...run].map(([query, found]) => [query, found.map(({ id }) => id)]));
}

describe('readRun', () => {
  test('orders by score, not by rank or line; ties keep the order of the file', async () => {
    const lines = 'q Q0 a 1 1.5 t\nq Q0 b 2 2e0 t\nq Q0 d 4 1.5 t\nq Q0 c 3 1.5 t\n';
    expect(await order(lines)).toEqual({ q: ['b', 'a', 'd', 'c'] });
  });

  test('reads interleaved queries, tabs, several blanks, and gzip', async () => {
    const lines = 'q1\tQ0\ta\t1\t2\tt\nq2  Q0 a  1 2 t\nq1 Q0 b 2 1 t two words\r\n';
    expect(await order(gzipSync(lines))).toEqual({ q1: ['a', 'b'], q2: ['a'] });
  });

  test.each([
    ['q Q0 a 1 2', /run\.trec:2: found "q Q0 a 1 2"; expected query-id Q0 text-id rank score tag/],
    ['q Q0 a 1 high t', /run\.trec:2: found the score "high"; expected a finite number/],
    ['q Q0 a 1 Infinity t', /run\.trec:2: found the score "Infinity"/],
    ['q Q0 x 2 2 t', /run\.trec:2: found "x" again for query "q"; expected each text once/],
  ])('refuses %j', async (line, message) => {
    await expect(readText(`q Q0 x 1 3 t\n${line}\n`)).rejects.toThrow(message);
  });
});

test('readRun reads back the exact scores that formatRun writes', async () => {
  const run = new Map([
    [
      'q1',
      [
        { id: 'a', score: Math.fround(0.1) },
        { id: 'b', score: 1e-7 },
        { id: 'c', score: -12.345678901234567 },
      ],
    ],
    ['q2', [{ id: 'a', score: 3 }]],
  ]);
  const text = formatRun(run, 'slmrank');
  expect(text.split('\n')[0]).toBe('q1 Q0 a 1 0.10000000149011612 slmrank');
  expect(await readText(text)).toEqual(run);
});
