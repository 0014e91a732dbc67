import { renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { watchFiles } from '../../../src/base/files/file-watch.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

test('calls back once for each changed, swapped, removed and restored file', () => {
  const folder = temporaryFolder({ one: '1', two: '22', three: '333' });
  const link = join(folder, 'link');
  symlinkSync('two', link);
  let changes = 0;
  const stop = watchFiles([join(folder, 'one'), link], () => (changes += 1), 10);
  const changesAfter = (step: () => void) => {
    const before = changes;
    step();
    jest.advanceTimersByTime(50);
    return changes - before;
  };
  expect(changesAfter(() => undefined)).toBe(0);
  expect(changesAfter(() => writeFileSync(join(folder, 'one'), 'longer'))).toBe(1);
  expect(
    changesAfter(() => {
      symlinkSync('three', `${link}.new`);
      renameSync(`${link}.new`, link);
    }),
  ).toBe(1);
  expect(changesAfter(() => rmSync(join(folder, 'one')))).toBe(1);
  expect(changesAfter(() => writeFileSync(join(folder, 'one'), '1'))).toBe(1);
  // An unreadable file is a change too, because a timer that throws would end the process.
  expect(changesAfter(() => rmSync(join(folder, 'one')))).toBe(1);
  expect(changesAfter(() => symlinkSync('one', join(folder, 'one')))).toBe(1);
  expect(changesAfter(() => rmSync(join(folder, 'one')))).toBe(1);
  expect(changesAfter(() => writeFileSync(join(folder, 'one'), '1'))).toBe(1);
  stop();
  expect(changesAfter(() => rmSync(join(folder, 'one')))).toBe(0);
});
