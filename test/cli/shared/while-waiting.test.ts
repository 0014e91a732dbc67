import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { whileWaiting } from '../../../src/cli/shared/while-waiting.ts';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

test('reports the time that has passed until the work is done, and returns its result', async () => {
  const lines: string[] = [];
  const work = new Promise<string>((resolve) => setTimeout(() => resolve('done'), 12_000));
  const waiting = whileWaiting('ranking', work, (line) => lines.push(line));
  await jest.advanceTimersByTimeAsync(60_000);
  expect(await waiting).toBe('done');
  expect(lines).toEqual(['still ranking after 5 s', 'still ranking after 10 s']);
});

test('fails with the error of the work, and reports nothing more', async () => {
  const lines: string[] = [];
  const work = Promise.reject(new Error('gone'));
  await expect(whileWaiting('ranking', work, (line) => lines.push(line))).rejects.toThrow('gone');
  await jest.advanceTimersByTimeAsync(60_000);
  expect(lines).toEqual([]);
});
