import { expect, test } from '@jest/globals';
import { createDeferred } from '../../../src/base/deferred.ts';
import { EncoderLine, type EncoderWork } from '../../../src/pool/encoders/encoder-line.ts';
import { settle } from '../../support/fakes/clock.ts';

/** A queue of one place, whose work ends when the test ends it. */
function setUp() {
  const line = new EncoderLine(1);
  const begun: string[] = [];
  const ends: (() => void)[] = [];
  const join = (kind: EncoderWork, client: string, name: string, signal = never()) => {
    const done = line.join(kind, { client, signal }, () => {
      begun.push(name);
      const { promise, resolve } = createDeferred<string>();
      ends.push(() => resolve(name));
      return promise;
    });
    done.catch(() => undefined);
    return done;
  };
  const finishAll = async () => {
    await settle();
    while (ends.length > 0) {
      ends.shift()?.();
      await settle();
    }
  };
  return { line, begun, join, finishAll };
}

const never = () => new AbortController().signal;

test.each<[string, readonly (readonly [EncoderWork, string, string])[], readonly string[]]>([
  [
    'clients take turns, each in its own order',
    [
      ['rank', 'a', 'a1'],
      ['rank', 'a', 'a2'],
      ['rank', 'a', 'a3'],
      ['rank', 'b', 'b1'],
      ['rank', 'b', 'b2'],
    ],
    ['a1', 'a2', 'b1', 'a3', 'b2'],
  ],
  [
    'ranking has precedence over tokenizing, which gets one turn in four',
    [
      ['tokenize', 'a', 't1'],
      ['tokenize', 'a', 't2'],
      ...['r1', 'r2', 'r3', 'r4', 'r5'].map((name) => ['rank', 'b', name] as const),
    ],
    ['t1', 'r1', 'r2', 'r3', 't2', 'r4', 'r5'],
  ],
])('%s', async (_name, joins, expected) => {
  const { begun, join, finishAll } = setUp();
  joins.forEach((each) => void join(...each));
  await finishAll();
  expect(begun).toEqual(expected);
});

test('work of a caller that has left is dropped before its turn; running work is finished', async () => {
  const { line, begun, join, finishAll } = setUp();
  const caller = new AbortController();
  const first = join('tokenize', 'a', 'first', caller.signal);
  const second = join('tokenize', 'a', 'second', caller.signal);
  const other = join('rank', 'b', 'other');
  caller.abort();
  await expect(second).rejects.toMatchObject({ kind: 'cancelled', message: 'the caller has gone' });
  const late = join('rank', 'a', 'late', caller.signal);
  await expect(late).rejects.toMatchObject({ kind: 'cancelled' });
  let isIdle = false;
  const idle = line.whenIdle().then(() => (isIdle = true));
  await settle();
  expect(isIdle).toBe(false);
  await finishAll();
  await idle;
  expect([await first, await other, begun]).toEqual(['first', 'other', ['first', 'other']]);
});

test('work that fails gives its place to the next', async () => {
  const line = new EncoderLine(1);
  const call = { signal: never() };
  const failed = line.join('rank', call, () => Promise.reject(new Error('broken')));
  const next = line.join('rank', call, () => Promise.resolve('next'));
  await expect(failed).rejects.toThrow('broken');
  expect(await next).toBe('next');
});
