import { expect, test } from '@jest/globals';
import { nextLook, PacedLine } from '../../../src/items/compress/paced-line.ts';
import { FakeClock, settle } from '../../support/fakes/clock.ts';

function setUp(isIdle: boolean) {
  const clock = new FakeClock();
  const state = { isIdle };
  const line = new PacedLine(() => state.isIdle, clock);
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
  { view: { isIdle: true, nowMs: 100, restUntilMs: 300 }, expected: undefined },
  { view: { isIdle: false, nowMs: 100, restUntilMs: 100 }, expected: undefined },
  { view: { isIdle: false, nowMs: 100, restUntilMs: 300 }, expected: 105 },
  { view: { isIdle: false, nowMs: 100, restUntilMs: 102 }, expected: 102 },
])('$view is looked at again at $expected', ({ view, expected }) => {
  expect(nextLook(view)).toBe(expected);
});

test('on an idle server one thing follows the other', async () => {
  const { work, ended } = setUp(true);
  expect(await Promise.all([work('a'), work('b')])).toEqual(['a', 'b']);
  expect(ended).toEqual(['a', 'b']);
});

test('a server that is never idle is left alone twenty times as long as the work took', async () => {
  const { clock, work, ended } = setUp(false);
  await work('a');
  const next = work('b', 0);
  await settle();
  await clock.advance(199);
  expect(ended).toEqual(['a']);
  await clock.advance(1);
  await next;
  expect(ended).toEqual(['a', 'b']);
});

test('the work goes on as soon as no request is left', async () => {
  const { clock, state, work, ended } = setUp(false);
  await work('a');
  const next = work('b', 0);
  await settle();
  state.isIdle = true;
  await clock.advance(5);
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
