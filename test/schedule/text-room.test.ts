import { expect, test } from '@jest/globals';
import { FairRoom } from '../../src/base/fair-room.ts';
import { TextRoom } from '../../src/schedule/text-room.ts';

test('a client may hold as much text as it leaves free, and others find room', () => {
  const room = new TextRoom(1_000_000);
  room.admit('greedy', 250_000);
  const release = room.admit('greedy', 250_000);
  expect(() => room.admit('greedy', 250_000)).toThrow(
    'this client holds 500000 characters of text and adds 250000; ' +
      'at most as many as it leaves free, 500000 of 1000000 are free',
  );
  room.admit('other', 400_000);
  expect(() => room.admit('third', 200_000)).toThrow(
    '200000 characters of text do not fit; 100000 of 1000000 are free',
  );
  release();
  release();
  expect(room.held).toBe(650_000);
  room.admit('third', 200_000);
});

test.each([
  ['the first half', [], 5, 'fits'],
  ['all of it at once', [], 10, 'fits'],
  ['more than there is', [], 11, 'full'],
  ['a second part that leaves less than is held', [['a', 5]], 2, 'share'],
  ['little, for as long as there is room', [['a', 8]], 1, 'fits'],
  ['little, when there is none', [['a', 10]], 1, 'full'],
  ['what others leave free', [['b', 6]], 4, 'fits'],
] as const)('%s', (_name, held, amount, verdict) => {
  const room = new FairRoom(10, 9);
  const small = new FairRoom(10, 1);
  const chosen = verdict === 'share' ? small : room;
  held.forEach(([holder, its]) => chosen.take(holder, its));
  expect(chosen.judge('a', amount)).toBe(verdict);
});
