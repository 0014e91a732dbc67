import { expect, test } from '@jest/globals';
import { PacedLine, restOf } from '../../../src/items/compress/paced-line.ts';
import { FakeClock } from '../../support/fakes/clock.ts';

function setUp(spare: boolean) {
  const clock = new FakeClock();
  const state = { spare };
  const line = new PacedLine(() => state.spare, clock);
  const ended: string[] = [];
  const work = (name: string, ms = 10) =>
    line.run(async () => {
      await (ms === 0 ? undefined : clock.advance(ms));
      ended.push(name);
      return name;
    });
  return { clock, state, line, ended, work };
}

test.each([
  { owedMs: 30, isSpare: true, rest: 0 },
  { owedMs: 30, isSpare: false, rest: 30 },
  { owedMs: 3.9, isSpare: false, rest: 0 },
])('of $owedMs ms that are owed, spare time $isSpare, it rests $rest', (given) => {
  expect(restOf(given.owedMs, given.isSpare)).toBe(given.rest);
});

test('in spare time one thing follows the other', async () => {
  const { work, ended } = setUp(true);
  expect(await Promise.all([work('a'), work('b')])).toEqual(['a', 'b']);
  expect(ended).toEqual(['a', 'b']);
});

test('while requests need the processor it rests three times as long as it worked', async () => {
  const { clock, work, ended } = setUp(false);
  await work('a');
  const next = work('b', 0);
  await new Promise((resolve) => setImmediate(resolve));
  await clock.advance(29);
  expect(ended).toEqual(['a']);
  await clock.advance(1);
  await next;
  expect(ended).toEqual(['a', 'b']);
});

test('a failure is told, and the next thing is done', async () => {
  const { line, work } = setUp(true);
  await expect(line.run(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  expect(await work('a')).toBe('a');
});

test('what was given up before its turn is not done', async () => {
  const { line, work, ended } = setUp(true);
  const caller = new AbortController();
  const first = work('a');
  const second = line.run(() => work('b'), caller.signal);
  caller.abort(new Error('gone'));
  await expect(second).rejects.toThrow('gone');
  await first;
  expect(ended).toEqual(['a']);
});
