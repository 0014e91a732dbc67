import { expect, test } from '@jest/globals';
import { StartTurns } from '../../../src/server/door/start-turns.ts';
import { until } from '../../support/raw-grpc/call.ts';

test('the first call starts at once, then holders take turns, without calls that are over', async () => {
  const started: string[] = [];
  const over = new Set<string>();
  const turns = new StartTurns(() => 0);
  const enter = (holder: string, name: string) =>
    turns.enter(holder, { isOver: () => over.has(name), start: () => started.push(name) });
  ['a1', 'a2', 'a3', 'a4', 'a5'].forEach((name) => enter('a', name));
  ['b1', 'b2'].forEach((name) => enter('b', name));
  expect(started).toEqual(['a1']);
  over.add('a2').add('a3').add('b2');
  await until(() => started.length === 4);
  expect(started).toEqual(['a1', 'a4', 'b1', 'a5']);
  await new Promise((resolve) => setImmediate(resolve));
  enter('b', 'b3');
  expect(started.at(-1)).toBe('b3');
});

test('a turn ends after some milliseconds, so that the sockets can be read', async () => {
  const started: number[] = [];
  let nowMs = 0;
  const turns = new StartTurns(() => nowMs);
  for (let i = 0; i < 8; i += 1) {
    turns.enter('a', {
      isOver: () => false,
      start: () => {
        nowMs += 2;
        started.push(i);
      },
    });
  }
  const seen: number[] = [];
  while (started.length < 8) {
    await new Promise((resolve) => setImmediate(resolve));
    seen.push(started.length);
  }
  expect(seen).toEqual([4, 7, 8]);
});
