import { Worker } from 'node:worker_threads';
import { once } from 'node:events';
import { expect, test } from '@jest/globals';
import { existsSync } from 'node:fs';
import { findWorker, flagsOfThreads } from '../../../src/pool/threads/worker-entry.ts';

test.each(['infer', 'encode'] as const)('the file of the worker %s exists', (name) => {
  expect(existsSync(new URL(findWorker(name).filename))).toBe(true);
});

test.each([
  [['--max-old-space-size=512', '--enable-source-maps'], ['--enable-source-maps']],
  [
    ['--max-semi-space-size', '64', '--import', './a.js'],
    ['--import', './a.js'],
  ],
  [
    ['--import=./a.js', '--inspect=127.0.0.1:0', '-r', './b.cjs'],
    ['--import=./a.js', '-r', './b.cjs'],
  ],
  [['--expose-gc', '--stack-size=900', '--title=x', '--no-warnings'], ['--no-warnings']],
  [['--import'], ['--import']],
])('of the flags %j a thread gets %j', (given, kept) => {
  expect(flagsOfThreads(given)).toEqual(kept);
});

test('a thread starts with all flags that need no value', async () => {
  const flags = ['--enable-source-maps', '--no-warnings', '--trace-warnings', '--no-deprecation'];
  const execArgv = flagsOfThreads([...flags, '--trace-deprecation', '--max-old-space-size=512']);
  const worker = new Worker('', { eval: true, execArgv });
  expect(await once(worker, 'exit')).toEqual([0]);
});
